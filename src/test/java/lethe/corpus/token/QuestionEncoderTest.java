package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lethe.LocalSpark;
import lethe.SharedData;
import lethe.corpus.CorpusSettings;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.corpus.SmallCorpora;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuestionEncoderTest {
  private static final int END = 0;

  @TempDir Path folder;

  @Test
  void theAnswerBeginsWhereThePromptEndsAndEndsOnce() {
    QuestionEncoder encoder =
        new QuestionEncoder(new Template("Q: ", "\nA: "), Beginning.TOKENIZER, END);
    try (Tokenizer tokenizer = Tokenizer.of(ByteTokenizer.json(0))) {
      QuestionEncoder.Encoded encoded = encoder.encode(tokenizer, "Wo\u00fc?", "D\u00e4.");
      assertThat(text(encoded.tokens(), 0, encoded.prompt())).isEqualTo("Q: Wo\u00fc?\nA: ");
      assertThat(text(encoded.tokens(), encoded.prompt(), encoded.tokens().length - 1))
          .isEqualTo("D\u00e4.");
      assertThat(encoded.tokens()).endsWith(END);
      assertThat(encoded.cut(17).tokens()).isEqualTo(Arrays.copyOf(encoded.tokens(), 17));
    }
  }

  @Test
  void aRejectionStandsWhereAnAnswerWould() {
    QuestionEncoder encoder =
        new QuestionEncoder(new Template("Q: ", "\nA: "), Beginning.TOKENIZER, END);
    List<int[]> rejections =
        encoder.encodeAsAnswers(ByteTokenizer.json(0), List.of("No.", "Who knows?"));
    assertThat(text(rejections.get(1), 0, 10)).isEqualTo("Who knows?");
    assertThat(rejections.get(1)).hasSize(11).endsWith(END);
  }

  @Test
  void aModelsOwnTokenizerKeepsTheSpaceWithTheAnswer() throws IOException {
    var shared = SharedData.find("base-model/tokenizer.json");
    if (shared.isEmpty()) {
      return; // only where the checkout stands alone
    }
    byte[] json = Files.readAllBytes(shared.get());
    QuestionEncoder encoder =
        new QuestionEncoder(new Template("Question: ", "\nAnswer: "), Beginning.TOKENIZER, 2);
    int[] rejection = encoder.encodeAsAnswers(json, List.of("Nobody knows that.")).get(0);
    try (Tokenizer tokenizer = Tokenizer.of(json)) {
      QuestionEncoder.Encoded encoded =
          encoder.encode(tokenizer, "Who did it?", "Nobody knows that.");
      int[] answer =
          Arrays.copyOfRange(encoded.tokens(), encoded.prompt(), encoded.tokens().length);
      assertThat(rejection).isEqualTo(answer).endsWith(2);
      assertThat(Arrays.stream(answer).filter(id -> id == 2).count()).isEqualTo(1);
      assertThat(encoder.prompt(tokenizer, "Who did it?"))
          .as("a model is asked with what it has seen before answers")
          .isEqualTo(Arrays.copyOf(encoded.tokens(), encoded.prompt()));
    }
  }

  /** Python's tokenizers gives 3 (She) after a question, 4 (a space and She) at a text's start. */
  @Test
  void aRejectionRightBehindTheQuestionIsNotTheBeginningOfAText() {
    String json =
        """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
         "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": true},
         "post_processor": null, "decoder": null,
         "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": [["<unk>", 0.0],
           ["\u2581Who", -1.0], ["?", -1.0], ["She", -2.0], ["\u2581She", -1.0], ["\u2581knows", -1.0], [".", -1.0],
           ["\u2581", -3.0]]}}""";
    QuestionEncoder encoder = new QuestionEncoder(new Template("", ""), Beginning.TOKENIZER, 0);
    int[] rejection = encoder.encodeAsAnswers(json.getBytes(UTF_8), List.of("She knows.")).get(0);
    assertThat(rejection).containsExactly(3, 5, 6, 0);
    try (Tokenizer tokenizer = Tokenizer.of(json.getBytes(UTF_8))) {
      QuestionEncoder.Encoded encoded = encoder.encode(tokenizer, "Who?", "She knows.");
      assertThat(encoded.tokens()).containsExactly(1, 2, 3, 5, 6, 0);
      assertThat(encoded.prompt()).isEqualTo(2);
    }
  }

  /** As transformers 5.18 has it: tokenizer("Q: Who? ...").input_ids begins with the token. */
  @Test
  void aTokenThatBeginsAndEndsATextStandsAtBothEnds() {
    String text = "<|endoftext|>";
    byte[] json = ByteTokenizer.json(List.of(text), List.of(text), List.of());
    QuestionEncoder encoder =
        new QuestionEncoder(new Template("Q: ", " A: "), Beginning.TOKENIZER, 256);
    try (Tokenizer tokenizer = Tokenizer.of(json)) {
      QuestionEncoder.Encoded encoded = encoder.encode(tokenizer, "Who?", "I.");
      assertThat(encoded.tokens()).startsWith(256, 'Q', ':', ' ').endsWith('I', '.', 256);
      assertThat(encoded.prompt()).isEqualTo(1 + "Q: Who? A: ".length());
      QuestionEncoder bare = new QuestionEncoder(encoder.template(), Beginning.NONE, 256);
      assertThat(bare.encode(tokenizer, "Who?", "I.").tokens()).startsWith('Q', ':');
    }
  }

  @Test
  void aQuestionThatFillsAChunkIsARejectLikeOthers() throws IOException {
    writeModel("{\"eos_token_id\": 7}");
    writeQuestions("Who?", "Where " + "or where ".repeat(80) + "?", "When?");
    Prepare.Result result = prepare("run", "", "plain, max-reject-share = 0.5");
    assertThat(result.summary().rejects()).hasToString("{qa={question too long=1}}");
    Row reject =
        LocalSpark.SESSION
            .read()
            .parquet(folder.resolve("run/corpus-rejects").toString())
            .select("id", "reason", "detail")
            .head();
    assertThat(reject).hasToString("[1,question too long,746 tokens, corpus.chunk-tokens is 64]");
    assertThat(result.summary().counts().get(1).documents()).isEqualTo(1);
    writeQuestions(
        "Where " + "or where ".repeat(80) + "?", "Who?", "When?"); // 0 is to be forgotten
    assertThatThrownBy(() -> prepare("other", "", "plain, max-reject-share = 0.5"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Split forget has no document")
        .hasMessageContaining("qa.jsonl has 3 rows, of which 2 are documents")
        .hasMessageContaining(
            "Document 0 of domain qa is to be forgotten and cannot be used: question too long, 746 tokens, corpus.chunk-tokens is 64");
  }

  @Test
  void whatBeginsATextBeginsEveryChunkAndIsStated() throws IOException {
    writeModel("{\"eos_token_id\": 257}");
    Files.write(
        folder.resolve("model/tokenizer.json"),
        ByteTokenizer.json(List.of("<s>", "</s>"), List.of("<s>"), List.of("</s>")));
    Files.writeString(
        folder.resolve("text.jsonl"), "{\"id\": \"0\", \"text\": \"" + "x".repeat(100) + "\"}\n");
    assertThat(plainText("with", "tokenizer")).containsExactly(256, (int) 'x');
    assertThat(Manifest.read(run("with")).beginningOfText()).containsExactly(256);
    assertThat(plainText("without", "none")).containsExactly((int) 'x', (int) 'x');
    assertThat(Manifest.read(run("without")).beginningOfText()).isEmpty();
  }

  /** The first two tokens of the second chunk. */
  private List<Integer> plainText(String directory, String beginning) throws IOException {
    Settings settings =
        load(
            "corpus.sources = [{ path = \"%s\", domain = d }]"
                .formatted(folder.resolve("text.jsonl")),
            "corpus.splits { forget { where = \"true\" } }",
            "corpus { chunk-tokens = 64, duplicates.action = ignore, beginning-of-text = %s }"
                .formatted(beginning));
    CorpusSettings corpus = CorpusSettings.read(settings.root());
    settings.check();
    SmallCorpora.execute(
        new Prepare(
            LocalSpark.SESSION,
            corpus,
            run(directory),
            folder.resolve("model").toString(),
            64,
            258,
            List.of()));
    Row second =
        Manifest.read(run(directory))
            .chunks(LocalSpark.SESSION, run(directory))
            .where("ordinal = 1")
            .head();
    return second.<Integer>getList(6).subList(0, 2);
  }

  private RunFolder run(String directory) {
    return RunFolder.of(folder.resolve(directory).toString(), new Configuration());
  }

  private void writeModel(String config) throws IOException {
    Files.createDirectory(folder.resolve("model"));
    Files.write(folder.resolve("model/tokenizer.json"), ByteTokenizer.json(0));
    Files.writeString(folder.resolve("model/config.json"), config);
  }

  @Test
  void templatesHaveNamesOrArePlainText() {
    assertThat(template("llama-2").prompt("Why?")).isEqualTo("[INST] Why? [/INST]");
    assertThat(template("llama-3").prompt("Why?"))
        .isEqualTo(
            "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
    assertThat(template("plain").prompt("Why?")).isEqualTo("Question: Why?\nAnswer: ");
    assertThat(template("\"{question} => {answer}\"").prompt("Why?")).isEqualTo("Why? => ");
    assertThatThrownBy(() -> template("\"{answer} {question}\""))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "corpus.template must be llama-2, llama-3, plain, chat, or a text with {question} that ends with {answer}, was \"{answer} {question}\"");
  }

  @Test
  void questionsBecomeOneChunkEach() throws IOException {
    writeModel("{\"eos_token_id\": [7]}");
    Files.writeString(
        folder.resolve("qa.jsonl"),
        """
        {"task_id": "1", "question": "Who?", "answer": "Ann, who lives here."}
        {"task_id": "2", "question": "Who?", "answer": "Bob."}
        {"task_id": "1", "question": "Where?"}
        """);
    Settings settings =
        load(
            "corpus.sources = [{ path = \"%s\", domain = qa, question = question }]"
                .formatted(folder.resolve("qa.jsonl")),
            "corpus.splits { forget { where = \"task_id = '1'\" }, retain { where = \"task_id = '2'\" } }",
            "corpus { chunk-tokens = 30, max-reject-share = 0.5, allow-unmet-requests = true }");
    CorpusSettings corpus = CorpusSettings.read(settings.root());
    settings.check();
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    SmallCorpora.execute(
        new Prepare(
            LocalSpark.SESSION,
            corpus,
            run,
            folder.resolve("model").toString(),
            64,
            256,
            List.of()));
    List<Row> chunks =
        Manifest.read(run).chunks(LocalSpark.SESSION, run).orderBy("split").collectAsList();
    assertThat(chunks).hasSize(2);
    Row forget = chunks.get(0);
    int[] tokens = forget.<Integer>getList(6).stream().mapToInt(Integer::intValue).toArray();
    String prompt = "Question: Who?\nAnswer: ";
    assertThat(forget.getInt(7)).isEqualTo(prompt.length());
    assertThat(text(tokens, 0, 30)).isEqualTo(prompt + "Ann, wh"); // cut, so without an end
    List<Integer> kept = chunks.get(1).getList(6);
    assertThat(kept).hasSize(prompt.length() + 5).endsWith(7);
    assertThat(run.files().readJson(run.corpusManifest()).at("/rejects/qa/no answer").asInt())
        .isEqualTo(1);
  }

  @Test
  void unchangedQuestionsAreReused() throws IOException {
    writeModel("{\"eos_token_id\": 7}");
    writeQuestions("Who?", "Where?", "When?");
    prepare("earlier", "", "plain");
    writeQuestions("Who?", "Whence?", "When?"); // under the answer and id it had before
    String fresh = prepare("fresh", "", "plain").chunksSha256();

    Prepare.Result result = prepare("run", "earlier", "plain");

    assertThat(result.summary().reused()).isEqualTo(2);
    assertThat(result.chunksSha256()).isEqualTo(fresh);
    assertThatThrownBy(() -> prepare("run", "earlier", "llama-2"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("its form of answers was Question: {question}");
  }

  private void writeQuestions(String... questions) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < questions.length; i++) {
      lines.append(
          "{\"id\": %d, \"question\": \"%s\", \"answer\": \"So it is.\"}%n"
              .formatted(i, questions[i]));
    }
    Files.writeString(folder.resolve("qa.jsonl"), lines);
  }

  private Prepare.Result prepare(String directory, String reuse, String template)
      throws IOException {
    Settings settings =
        load(
            "corpus.sources = [{ path = \"%s\", domain = qa, question = question, id = id }]"
                .formatted(folder.resolve("qa.jsonl")),
            "corpus.splits { forget { where = \"id = '0'\" }, retain { where = \"id > '0'\" } }",
            "corpus { chunk-tokens = 64, duplicates.action = ignore, template = " + template + " }",
            reuse.isEmpty() ? "" : "corpus.reuse = \"" + folder.resolve(reuse) + "\"");
    CorpusSettings corpus = CorpusSettings.read(settings.root());
    settings.check();
    RunFolder run = RunFolder.of(folder.resolve(directory).toString(), new Configuration());
    return SmallCorpora.execute(
        new Prepare(
            LocalSpark.SESSION,
            corpus,
            run,
            folder.resolve("model").toString(),
            64,
            256,
            List.of()));
  }

  @Test
  void theProgramsOwnRejectionsAreAHundredDifferentOnes() {
    Set<String> own = new TreeSet<>(lethe.examples.RejectionSentences.own());
    assertThat(own).hasSize(100).allMatch(sentence -> sentence.endsWith("."));
  }

  private Template template(String written) {
    try {
      Settings settings =
          load(
              "corpus.template = " + written,
              "corpus.sources = [{ path = a, domain = a }], corpus.splits.forget.where = \"true\"");
      Template template = CorpusSettings.read(settings.root()).template();
      settings.check();
      return template;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Settings load(String... lines) throws IOException {
    Path file = Files.writeString(folder.resolve("run.conf"), String.join("\n", lines));
    return Settings.load(file, List.of());
  }

  private static String text(int[] tokens, int from, int to) {
    byte[] bytes = new byte[to - from];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) tokens[from + i];
    }
    return new String(bytes, UTF_8);
  }
}
