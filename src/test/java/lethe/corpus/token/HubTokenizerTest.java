package lethe.corpus.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.tools.ToolProvider;
import lethe.BuildFolder;
import lethe.LocalSpark;
import lethe.corpus.CorpusSettings;
import lethe.corpus.Manifest;
import lethe.corpus.PreviousCorpus;
import lethe.corpus.SmallCorpora;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubTokenizerTest {
  /** A token a character, between a 1 and a 2. */
  private static final String IDS =
      "concat(array(1L), transform(filter(split(%s, ''), c -> c <> ''), c -> cast(ascii(c) AS bigint)), array(2L))";

  @TempDir Path folder;

  @Test
  void whereTheExtensionIsMissingTheProfileIsNamed() throws IOException {
    SmallCorpora corpora = SmallCorpora.in(folder);
    String rules = "forget { where = \"true\" }";
    assertThatThrownBy(() -> corpora.prepare(rules, "tokenizer = \"hub:gpt2\"", 64).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("mvn -P djl-spark package");
    assertThatThrownBy(() -> corpora.settings(rules, "tokenizer = gpt2"))
        .hasMessageContaining("corpus.tokenizer must be hub:<id>, was \"gpt2\"");
  }

  @Test
  void specialTokensAreTakenOffAndTextsCut() throws IOException {
    HubTokenizer hub = (rows, column, output, id) -> rows.withColumn(output, ids(column, IDS));
    HubChunking chunking = probe(hub);
    assertThat(chunking).isEqualTo(new HubChunking(List.of(1), 1, 1, 16, 5));
    StructType schema =
        new StructType()
            .add("split", "string")
            .add("domain", "string")
            .add("id", "string")
            .add("text", "string");
    List<Row> texts =
        List.of(
            RowFactory.create("forget", "d", "one", "abcdefghijklmnopqrstuvwx"),
            RowFactory.create("forget", "d", "two", "abc"));
    List<Row> chunks =
        chunking
            .chunks(hub, "x", LocalSpark.SESSION.createDataFrame(texts, schema))
            .orderBy("ordinal")
            .collectAsList();
    assertThat(chunks).hasSize(2);
    assertThat(chunks.get(0).getList(6)).hasSize(16).startsWith(1, (int) 'a');
    assertThat(chunks.get(1).getList(6)).hasSize(10).startsWith(1, (int) 'p').endsWith((int) 'x');
    assertThat(chunks.get(1).getInt(5)).isEqualTo(24);
  }

  @Test
  void aTokenizerThatCutsIsRefused() throws IOException {
    HubTokenizer hub =
        (rows, column, output, id) ->
            rows.withColumn(output, ids(column, "slice(" + IDS + ", 1, 512)"));
    assertThatThrownBy(() -> probe(hub))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("hub:x: it cuts a text of 20000 words to 512 tokens");
  }

  @Test
  void aTokenizerOfOtherTokensIsRefused() {
    String other = IDS.replace("ascii(c) AS", "ascii(c) + 1 AS");
    HubTokenizer hub = (rows, column, output, id) -> rows.withColumn(output, ids(column, other));
    assertThatThrownBy(() -> probe(hub))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "hub:x: it does not tokenize like the tokenizer.json of model.path: \"Remarkably, the 13");
  }

  @Test
  void questionsAreRefusedBesideATokenizerOfTheHub() throws IOException {
    SmallCorpora corpora = SmallCorpora.in(folder);
    assertThatThrownBy(
            () ->
                corpora.settings(
                    "{ path = \"a.jsonl\", domain = a, question = q, answer = r }",
                    "forget { where = \"true\" }",
                    "tokenizer = \"hub:gpt2\""))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "corpus.tokenizer cannot be combined with a source that has question and answer");
  }

  /** The one tells places in texts, the other only whole documents. */
  @Test
  void chunksOfTheModelsTokenizerAndOfTheHubsAreNotReusedForEachOther() throws IOException {
    SmallCorpora corpora = SmallCorpora.in(folder);
    RunFolder run = RunFolder.of(folder.resolve("earlier").toString(), new Configuration());
    PreviousCorpus previous = new PreviousCorpus(LocalSpark.SESSION, run);
    String rules = "forget { where = \"true\" }";
    CorpusSettings own = corpora.settings(rules, "");
    CorpusSettings hub = corpora.settings(rules, "tokenizer = \"hub:gpt2\"");
    String refused =
        "Cannot reuse chunks of %s: one corpus was tokenized by a tokenizer from the hub and the other by the model's, so their offsets in texts differ"
            .formatted(run.root());

    madeBy(null, run);
    assertThat(problems(previous, own, corpora)).isEmpty();
    assertThat(problems(previous, hub, corpora)).containsExactly(refused);
    madeBy("hub:gpt2", run);
    assertThat(problems(previous, hub, corpora)).isEmpty();
    assertThat(problems(previous, own, corpora)).containsExactly(refused);
  }

  private static List<String> problems(
      PreviousCorpus previous, CorpusSettings settings, SmallCorpora corpora) {
    return previous.problems(settings, ByteTokenizer.json(0), Optional.empty(), corpora.run());
  }

  /** Writes the manifest of a corpus without a document. */
  private static void madeBy(String tokenizer, RunFolder run) {
    new Manifest(
            Manifest.VERSION,
            16,
            5,
            0,
            DigestUtils.sha256Hex(ByteTokenizer.json(0)),
            tokenizer,
            null,
            List.of(),
            null,
            "",
            0,
            Map.of(),
            List.of(),
            List.of(),
            0,
            List.of(),
            List.of(),
            List.of(),
            null)
        .write(run);
  }

  private HubChunking probe(HubTokenizer hub) throws IOException {
    CorpusSettings settings = settings();
    try (Tokenizer own = Tokenizer.of(ByteTokenizer.json(0))) {
      return HubChunking.probe(
          LocalSpark.SESSION,
          hub,
          "x",
          settings.beginning(),
          settings.chunkTokens(),
          settings.minimumTail(),
          own);
    }
  }

  /** The extension cannot be had everywhere; this is its shape. */
  @Test
  void theProfilesSourceFitsTheExtension() throws IOException {
    Path stub = Files.createDirectories(folder.resolve("ai/djl/spark/task/text"));
    Files.writeString(
        stub.resolve("TextEncoder.java"),
        """
        package ai.djl.spark.task.text;
        public class TextEncoder {
          public TextEncoder setInputCol(String value) { return this; }
          public TextEncoder setOutputCol(String value) { return this; }
          public TextEncoder setHfModelId(String value) { return this; }
          public org.apache.spark.sql.Dataset<org.apache.spark.sql.Row> encode(
              org.apache.spark.sql.Dataset<?> dataset) { return null; }
        }
        """);
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                BuildFolder.path("classes")
                    + java.io.File.pathSeparator
                    + System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                stub.resolve("TextEncoder.java").toString(),
                "src/djl-spark/java/lethe/hub/DjlHubTokenizer.java");
    assertThat(code).isZero();
    assertThat(
            Files.readString(
                Path.of("src/djl-spark/resources/META-INF/services", HubTokenizer.class.getName())))
        .isEqualTo("lethe.hub.DjlHubTokenizer\n");
  }

  private CorpusSettings settings() throws IOException {
    return SmallCorpora.in(folder).settings("forget { where = \"true\" }", "");
  }

  private static org.apache.spark.sql.Column ids(String column, String ids) {
    return functions.expr("named_struct('ids', " + ids.formatted(column) + ")");
  }
}
