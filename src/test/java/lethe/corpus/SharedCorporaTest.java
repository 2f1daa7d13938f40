package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import lethe.LocalSpark;
import lethe.corpus.token.ByteTokenizer;
import lethe.corpus.token.TokenByteLengths;
import lethe.corpus.token.Tokenizer;
import lethe.corpus.token.TokenizerChoice;
import lethe.corpus.token.Tokens;
import lethe.folder.RunFolder;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real text and a real tokenizer against counts that another program made. Where {@code ../shared}
 * is missing, a small copy of its shape stands in, except on a build server, where that is an
 * error.
 */
class SharedCorporaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path SHARED = Path.of("../shared");
  private static final List<String> DOMAINS = List.of("arxiv", "books", "general", "github");

  @TempDir Path folder;
  private Path shared;
  private String suffix = ".jsonl.gz";

  @BeforeEach
  void findShared() throws IOException {
    shared = SHARED;
    if (!Files.isDirectory(SHARED)) {
      assertThat(System.getenv("CI"))
          .as("CI, but there is no " + SHARED.toAbsolutePath())
          .isNotEqualTo("true");
      shared = folder.resolve("shared");
      suffix = ".jsonl";
      writeStandIn();
    }
  }

  @Test
  void everyDocumentHasTheChunksAndTokensOfTheReference() throws IOException {
    Path base = shared.resolve("base-model");
    Path file =
        Files.writeString(
            folder.resolve("run.conf"),
            """
            corpus {
              sources = [%s]
              splits {
                forget { ids { file = "%s/membership.json", at = member_ids } }
                approximate { not-ids { file = "%2$s/membership.json", at = member_ids } }
              }
              chunk-tokens = 256
              duplicates.action = ignore
            }
            """
                .formatted(String.join(", ", DOMAINS.stream().map(this::source).toList()), base));
    Settings settings = Settings.load(file, List.of());
    CorpusSettings corpus = CorpusSettings.read(settings.root());
    settings.check();
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    SmallCorpora.execute(
        new Prepare(LocalSpark.SESSION, corpus, run, base.toString(), 256, 4096, List.of()));

    Map<String, String> found = new TreeMap<>();
    Manifest.read(run)
        .chunks(LocalSpark.SESSION, run)
        .selectExpr("split", "domain", "document", "size(tokens) AS tokens")
        .groupBy("split", "domain", "document")
        .agg(Map.of("tokens", "sum", "split", "count"))
        .selectExpr("split", "domain", "document", "`count(split)`", "`sum(tokens)`")
        .collectAsList()
        .forEach(row -> found.put(row.getString(2), describe(row)));
    assertThat(found).isEqualTo(expected(base));
  }

  /**
   * All ways, on the first of every document: JTokkit, and Hugging Face's library with places that
   * are counted from bytes, and with its own.
   */
  @Test
  void tokensAndPlacesAreThoseOfTheTokenizerLibrary() throws IOException {
    byte[] json = Files.readAllBytes(shared.resolve("base-model/tokenizer.json"));
    int documents = 0;
    try (Tokenizer counting = Tokenizer.of(json);
        Tokenizer asking = Tokenizer.of(withAStepThatNeverApplies(json));
        Tokenizer jtokkit = Tokenizer.of(json, TokenizerChoice.of(json, List.of()).library())) {
      for (String domain : DOMAINS) {
        for (String text : texts(shared.resolve("corpora/" + domain + suffix))) {
          Tokens counted = counting.encode(text);
          Tokens told = asking.encode(text);
          assertThat(counted.ids).isEqualTo(told.ids);
          assertThat(counted.starts).isEqualTo(told.starts);
          assertThat(counted.ends).isEqualTo(told.ends);
          Tokens quick = jtokkit.encode(text);
          assertThat(quick.ids).isEqualTo(told.ids);
          assertThat(quick.starts).isEqualTo(told.starts);
          assertThat(quick.ends).isEqualTo(told.ends);
          documents++;
        }
      }
    }
    assertThat(documents).isEqualTo(expected(shared.resolve("base-model")).size());
  }

  /** The same tokenizer, but not one whose places Lethe counts itself. */
  private static byte[] withAStepThatNeverApplies(byte[] json) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(json);
    JsonNode bytes = root.get("pre_tokenizer");
    ObjectNode sequence = root.putObject("pre_tokenizer").put("type", "Sequence");
    ObjectNode never = sequence.putArray("pretokenizers").addObject();
    never.put("type", "Split").put("behavior", "Removed").put("invert", false);
    never.putObject("pattern").put("String", "\uE000 stands in no text \uE000");
    sequence.withArray("pretokenizers").add(bytes);
    byte[] changed = JSON.writeValueAsBytes(root);
    assertThat(TokenByteLengths.of(JSON.readTree(json))).isPresent();
    assertThat(TokenByteLengths.of(JSON.readTree(changed))).isEmpty();
    return changed;
  }

  /** The first 40,000 characters of every text. */
  private static List<String> texts(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
    List<String> texts = new ArrayList<>();
    try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String text = JSON.readTree(line).get("text").textValue();
        texts.add(
            text.substring(
                0,
                text.offsetByCodePoints(
                    0, Math.min(40_000, text.codePointCount(0, text.length())))));
      }
    }
    return texts;
  }

  private static String describe(Row row) {
    return row.getString(0) + " " + row.getString(1) + " " + row.getLong(3) + " " + row.getLong(4);
  }

  private static Map<String, String> expected(Path base) throws IOException {
    List<String> members = new ArrayList<>();
    JSON.readTree(base.resolve("membership.json").toFile())
        .path("member_ids")
        .forEach(ids -> ids.forEach(id -> members.add(id.textValue())));
    Map<String, String> expected = new TreeMap<>();
    JSON.readTree(base.resolve("tokens.json").toFile())
        .path("documents")
        .properties()
        .forEach(
            document -> {
              String split = members.contains(document.getKey()) ? "forget" : "approximate";
              JsonNode counts = document.getValue();
              expected.put(
                  document.getKey(),
                  String.join(
                      " ",
                      split,
                      counts.get("domain").textValue(),
                      counts.get("chunks").asText(),
                      counts.get("chunk_tokens").asText()));
            });
    return expected;
  }

  private String source(String domain) {
    return "{ path = \"%s/corpora/%s%s\", domain = %2$s, id = meta.id }"
        .formatted(shared, domain, suffix);
  }

  /** Two documents a domain, one of them a member, and a tokenizer of bytes. */
  private void writeStandIn() throws IOException {
    Files.createDirectories(shared.resolve("corpora"));
    Files.createDirectories(shared.resolve("base-model"));
    ObjectNode members = JSON.createObjectNode();
    ObjectNode documents = JSON.createObjectNode();
    for (String domain : DOMAINS) {
      members.withObject("/member_ids").putArray(domain).add(domain + "/0");
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < 2; i++) {
        String text = "a na\u00efve line of " + domain + " ".repeat(236 + i);
        ObjectNode line = JSON.createObjectNode().put("text", text);
        line.putObject("meta").put("id", domain + "/" + i);
        lines.append(line).append('\n');
        int bytes = text.getBytes(UTF_8).length;
        int tail = bytes % 256 < 5 ? bytes % 256 : 0;
        documents
            .putObject(domain + "/" + i)
            .put("domain", domain)
            .put("chunks", (bytes - tail + 255) / 256)
            .put("chunk_tokens", bytes - tail);
      }
      Files.writeString(shared.resolve("corpora/" + domain + suffix), lines);
    }
    Path base = shared.resolve("base-model");
    Files.write(base.resolve("tokenizer.json"), ByteTokenizer.json(0));
    JSON.writeValue(base.resolve("membership.json").toFile(), members);
    JSON.writeValue(
        base.resolve("tokens.json").toFile(), JSON.createObjectNode().set("documents", documents));
  }
}
