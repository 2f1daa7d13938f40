package lethe.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import lethe.LocalSpark;
import lethe.SharedData;
import lethe.corpus.CorpusSettings;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.corpus.SmallCorpora;
import lethe.corpus.token.QuestionEncoder;
import lethe.folder.RunFolder;
import lethe.objective.AnswerPreservation;
import lethe.objective.CrossEntropy;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.Pairing;
import lethe.objective.Role;
import lethe.objective.ViewKind;
import lethe.sample.ByteLlama;
import lethe.settings.Settings;
import lethe.train.gradient.ShardTree;
import lethe.train.plan.StepCounting;
import lethe.train.plan.TrainingPlan;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which examples are used together. */
class FixedPairingTest {
  private static final StructType SCHEMA =
      new StructType()
          .add("split", DataTypes.StringType)
          .add("domain", DataTypes.StringType)
          .add("document", DataTypes.StringType)
          .add("ordinal", DataTypes.IntegerType)
          .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("prompt", DataTypes.IntegerType)
          .add("labels", DataTypes.createArrayType(DataTypes.IntegerType));

  /** What pairing reads of the documents that prepare lists. */
  static final StructType DOCUMENTS =
      new StructType()
          .add("split", DataTypes.StringType)
          .add("domain", DataTypes.StringType)
          .add("document", DataTypes.StringType)
          .add("sha256", DataTypes.StringType)
          .add("source", DataTypes.IntegerType)
          .add("file", DataTypes.StringType)
          .add("row", DataTypes.LongType);

  @TempDir Path folder;

  /** Worked out with PyTorch's generator for the paper's 3960 kept rows and 100 rejections. */
  @Test
  void drawsAsThePapersCodeDoes() {
    long[] kept = {1484, 3686, 2810, 2509, 2654, 256};
    int[] sentences = {39, 39, 87, 48, 94, 14};
    for (int i = 0; i < kept.length; i++) {
      assertThat(FixedPairing.kept(i, 3960)).as("kept example of %d", i).isEqualTo(kept[i]);
      assertThat(FixedPairing.sentence(i, 100)).as("rejection of %d", i).isEqualTo(sentences[i]);
    }
  }

  /** From TOFU's files to examples; each pair was looked up in Python with PyTorch's generator. */
  @Test
  void questionsOfTofuAreBesideTheRowsAndRejectionsOfThePapersCode() throws IOException {
    Optional<Path> tofu = SharedData.find("tofu/tofu");
    Path rows = tofu.isPresent() ? tofu.get() : writeStandIn();
    Path retain = rows.resolve(tofu.isPresent() ? "retain90.json.gz" : "retain90.json");
    Path forget = rows.resolve("forget01.json");
    Map<Long, ExampleRow> forgotten = new HashMap<>();
    Map<Long, ExampleRow> kept = new HashMap<>();
    for (Row row : examples(retain, forget).collectAsList()) {
      ExampleRow example = ExampleRow.of(row);
      (example.split().equals("forget") ? forgotten : kept).put(example.pair(), example);
    }
    assertThat(forgotten).hasSize(40);
    assertThat(kept.keySet()).isEqualTo(forgotten.keySet());

    List<String> toForget = questions(forget);
    List<String> toKeep = questions(retain);
    toKeep.addAll(toForget.subList(40, 400));
    assertThat(toKeep).hasSize(3960);
    int[][] pairs = {
      {0, 1484, 39}, {1, 3686, 39}, {2, 2810, 87}, {5, 256, 14}, {18, 3604, 63}, {36, 3761, 26}
    };
    for (int[] pair : pairs) {
      ExampleRow question = forgotten.get((long) pair[0]);
      ExampleRow beside = kept.get((long) pair[0]);
      String refusal = RejectionSentences.own().get(pair[2]);
      assertThat(text(question, 0)).contains(toForget.get(pair[0])).endsWith(refusal);
      assertThat(text(beside, 0)).contains(toKeep.get(pair[1]));
      assertThat(text(beside, 1)).contains(toKeep.get(pair[1])).endsWith(refusal);
    }
  }

  /** Of the first task to forget; the other rows are kept, in the order of the paper's code. */
  private Dataset<Row> examples(Path retain, Path forget) throws IOException {
    Path conf =
        Files.writeString(
            folder.resolve("run.conf"),
            """
            corpus {
              sources = [
                { path = "%s", domain = authors, question = question, answer = answer }
                { path = "%s", domain = authors, question = question, answer = answer }
              ]
              splits { forget.where = "task_id = '1'", retain { where = "true", except = forget } }
              chunk-tokens = 1024
              duplicates.action = ignore
            }
            """
                .formatted(retain, forget));
    Settings settings = Settings.load(conf, List.of());
    CorpusSettings corpus = CorpusSettings.read(settings.root());
    settings.check();
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    org.apache.hadoop.fs.Path model = new org.apache.hadoop.fs.Path(folder + "/model");
    new ByteLlama(16, 1, 2, 1, 24, 1024, 0.02).write(model, run.files());
    SmallCorpora.execute(
        new Prepare(LocalSpark.SESSION, corpus, run, model.toString(), 1024, 259, List.of()));

    byte[] tokenizer = run.files().read(new org.apache.hadoop.fs.Path(model, "tokenizer.json"));
    QuestionEncoder encoder =
        QuestionEncoder.of(corpus.template(), corpus.beginning(), run.files(), model, 259);
    Examples.Inputs inputs =
        new Examples.Inputs(
            Manifest.read(run).chunksSha256(),
            null, // no term here needs labels or scores of a model
            null,
            null,
            null,
            GenericLabels.NONE,
            StoredLabelling.NONE,
            new RejectionSentences(
                encoder.encodeAsAnswers(tokenizer, RejectionSentences.own()), 1024),
            ChunkPadding.NONE,
            RepeatedLabels.NONE,
            AnswerRequest.NONE,
            Pairing.FIXED,
            1,
            1,
            null);
    List<Role> roles =
        List.of(
            new Role("forget", new CrossEntropy(ViewKind.REJECTION), 1),
            new Role("retain", new AnswerPreservation(1), 1));
    return new Examples(LocalSpark.SESSION, run, inputs, sentence -> {})
        .execute(Manifest.read(run).chunks(LocalSpark.SESSION, run), roles);
  }

  /** A view's text, of tokens that are bytes and three special ones, without the end of text. */
  private static String text(ExampleRow example, int view) {
    int[] tokens = example.views().get(view).tokens();
    byte[] bytes = new byte[tokens.length - 1];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (tokens[i] - 3);
    }
    return new String(bytes, UTF_8);
  }

  private static List<String> questions(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    List<String> questions = new ArrayList<>();
    try (InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      for (String line : new String(in.readAllBytes(), UTF_8).split("\n")) {
        questions.add(new ObjectMapper().readTree(line).get("question").textValue());
      }
    }
    return questions;
  }

  /** Other rows, as many as TOFU has in each file. */
  private Path writeStandIn() throws IOException {
    Path rows = Files.createDirectory(folder.resolve("tofu"));
    StringBuilder forget = new StringBuilder();
    for (int i = 0; i < 400; i++) {
      forget.append(
          "{\"task_id\": \"%d\", \"question\": \"Which of forget01, %d?\", \"answer\": \"It is %d.\"}\n"
              .formatted(i / 40 + 1, i, i));
    }
    Files.writeString(rows.resolve("forget01.json"), forget);
    StringBuilder retain = new StringBuilder();
    for (int i = 0; i < 3600; i++) {
      retain.append(
          "{\"question\": \"Which of retain90, %d?\", \"answer\": \"It is %d.\"}\n"
              .formatted(i, i));
    }
    Files.writeString(rows.resolve("retain90.json"), retain);
    return rows;
  }

  /** Without ids a document is known by a hash: its place says which row it is, nothing else. */
  @Test
  void rowsAreNumberedAsTheyWereRead() {
    List<Row> documents = new ArrayList<>();
    List<Row> chunks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      String document = Integer.toHexString(i * 7919).concat("f".repeat(i % 3));
      int source = i < 4 ? 1 : 2;
      long row = i == 3 || i == 5 ? 11 : i * 2L; // 10 and 11 are after 9, not after 1
      String file = i < 2 ? "a" : "b";
      documents.add(
          RowFactory.create("forget", i < 4 ? "z" : "d", document, "", source, file, row));
      chunks.add(
          RowFactory.create(
              "forget", i < 4 ? "z" : "d", document, 0, new int[] {i, 2, 3}, 1, null));
    }
    Collections.reverse(chunks);
    Dataset<Row> placed =
        FixedPairing.placed(
            LocalSpark.SESSION.createDataFrame(chunks, SCHEMA).repartition(3),
            LocalSpark.SESSION.createDataFrame(documents, DOCUMENTS));
    byPair(FixedPairing.forget(placed, 100))
        .forEach(
            (pair, row) -> assertThat(row.<Integer>getList(4).get(0)).isEqualTo(pair.intValue()));
  }

  @Test
  void numbersLineNumbersInOrderAndSharesTheRejection() {
    Map<Long, Row> forgotten = byPair(FixedPairing.forget(rows("forget", 12).repartition(5), 100));
    Map<Long, Row> kept = byPair(FixedPairing.retain(rows("retain", 7).repartition(3), 12, 100));

    assertThat(forgotten.keySet()).hasSize(12).isEqualTo(kept.keySet());
    forgotten.forEach(
        (pair, row) -> {
          assertThat(row.<String>getAs("document")).isEqualTo(String.valueOf(pair));
          assertThat(row.<Integer>getAs("sentence")).isEqualTo(FixedPairing.sentence(pair, 100));
          assertThat(kept.get(pair).<String>getAs("document"))
              .isEqualTo(String.valueOf(FixedPairing.kept(pair, 7)));
          assertThat(kept.get(pair).<Integer>getAs("sentence"))
              .isEqualTo(row.<Integer>getAs("sentence"));
        });
  }

  @Test
  void theOrderIsWhereDocumentsWereReadNotHowTheirTableIsLaidOut() {
    List<Row> documents = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      documents.add(RowFactory.create("forget", "d", "doc" + i, "", i / 4, "f.jsonl", 40L * i));
    }
    String order = order(documents);
    Collections.reverse(documents);
    assertThat(order(documents)).isEqualTo(order);
    for (Object[] moved :
        new Object[][] {{1, "f.jsonl", 0L}, {0, "g.jsonl", 0L}, {0, "f.jsonl", 7L}}) {
      documents.set(5, RowFactory.create("forget", "d", "doc0", "", moved[0], moved[1], moved[2]));
      assertThat(order(documents)).as("doc0 at %s", List.of(moved)).isNotEqualTo(order);
    }
    documents.set(5, RowFactory.create("forget", "d", "doc0", "", 0, "f.jsonl", 40L));
    documents.set(4, RowFactory.create("forget", "d", "doc1", "", 0, "f.jsonl", 0L));
    assertThat(order(documents)).as("two that have changed places").isNotEqualTo(order);
  }

  private static String order(List<Row> documents) {
    return FixedPairing.order(
        LocalSpark.SESSION.createDataFrame(documents, DOCUMENTS).repartition(3));
  }

  @Test
  void aPlanUsesAPairInOnePlaceInEveryEpoch() {
    Dataset<Row> paired =
        FixedPairing.forget(rows("forget", 5), 100)
            .unionByName(FixedPairing.retain(rows("retain", 3), 5, 100))
            .withColumn("scored", functions.lit(2))
            .withColumn("views", functions.lit(null).cast(ViewsColumn.TYPE));
    List<Role> roles =
        List.of(new Role("forget", new GradientAscent(), 1), new Role("retain", new Descent(), 1));
    Dataset<Row> plan =
        new TrainingPlan(
                LocalSpark.SESSION,
                paired,
                roles,
                5,
                3,
                new StepCounting(StepCounting.Batch.EACH_TERM, StepCounting.LastStep.SMALLER),
                7,
                new ShardTree(8),
                Optional.empty())
            .rows();

    Map<String, String> forgotten = new HashMap<>();
    Map<String, String> kept = new HashMap<>();
    List<String> orders = new ArrayList<>(List.of("", "", ""));
    for (Row row : plan.orderBy("step", "role", "slot").collectAsList()) {
      String place = row.getAs("step") + "." + row.getAs("slot");
      String document = row.getAs("document");
      if (row.<Integer>getAs("role") == 0) {
        forgotten.put(place, document);
        int step = row.<Integer>getAs("step");
        orders.set(step, orders.get(step) + document);
      } else {
        kept.put(place, document);
      }
    }
    assertThat(forgotten).hasSize(15);
    forgotten.forEach(
        (place, document) ->
            assertThat(kept.get(place))
                .as("beside %s at %s", document, place)
                .isEqualTo(String.valueOf(FixedPairing.kept(Long.parseLong(document), 3))));
    assertThat(Stream.of("0", "1", "2", "3", "4").allMatch(orders.get(0)::contains)).isTrue();
    assertThat(orders).as("shuffled anew each epoch").doesNotHaveDuplicates();
  }

  private static Map<Long, Row> byPair(Dataset<Row> rows) {
    Map<Long, Row> found = new HashMap<>();
    for (Row row : rows.collectAsList()) {
      assertThat(found.put(row.<Long>getAs("pair"), row)).as("another of the pair").isNull();
    }
    return found;
  }

  /** Documents "0", "1", ... of one split. */
  private static Dataset<Row> rows(String split, int count) {
    List<Row> chunks = new ArrayList<>();
    List<Row> documents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = String.valueOf(i);
      chunks.add(RowFactory.create(split, "d", id, 0, new int[] {1, 2, 3}, 1, null));
      documents.add(RowFactory.create(split, "d", id, "", 0, "f.jsonl", 40L * i));
    }
    return FixedPairing.placed(
        LocalSpark.SESSION.createDataFrame(chunks, SCHEMA),
        LocalSpark.SESSION.createDataFrame(documents, DOCUMENTS));
  }
}
