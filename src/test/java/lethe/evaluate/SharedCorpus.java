package lethe.evaluate;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import lethe.LocalSpark;
import lethe.corpus.token.Chunks;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** A few documents of the shared corpora, cut into chunks as the reference numbers were. */
final class SharedCorpus {
  private static final int CHUNK = 256;
  private static final int TAIL = 5;

  private SharedCorpus() {}

  /**
   * The first short documents of a domain.
   *
   * @param shared the folder of the shared data
   * @param split to say they belong to
   * @param documents how many
   * @param member whether the base model was trained on them
   */
  static List<Row> chunks(Path shared, String split, String domain, int documents, boolean member)
      throws IOException {
    JsonNode reference = reference(shared).get("documents");
    List<Row> rows = new ArrayList<>();
    int taken = 0;
    try (HuggingFaceTokenizer tokenizer = tokenizer(shared);
        BufferedReader lines = lines(shared.resolve("corpora/" + domain + ".jsonl.gz"))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode document = new ObjectMapper().readTree(line);
        String id = document.at("/meta/id").asText();
        JsonNode scores = reference.path(id);
        if (taken < documents
            && scores.path("member").asBoolean() == member
            && scores.path("chunks").asInt() >= 2
            && scores.path("chunks").asInt() <= 20) {
          taken++;
          rows.addAll(chunks(tokenizer, split, domain, id, document.get("text").asText()));
        }
      }
    }
    return rows;
  }

  private static List<Row> chunks(
      HuggingFaceTokenizer tokenizer, String split, String domain, String id, String text) {
    int[] all =
        Arrays.stream(tokenizer.encode(text, false, false).getIds())
            .mapToInt(i -> (int) i)
            .toArray();
    List<Row> rows = new ArrayList<>();
    for (int from = 0; from < all.length; from += CHUNK) {
      int[] ids = Arrays.copyOfRange(all, from, Math.min(all.length, from + CHUNK));
      if (ids.length >= TAIL) {
        rows.add(chunk(split, domain, id, from / CHUNK, ids));
      }
    }
    return rows;
  }

  /** A row of chunks; its place in the text is not looked at here. */
  static Row chunk(String split, String domain, String document, int ordinal, int... tokens) {
    return RowFactory.create(
        split, domain, document, ordinal, 0, 0, Arrays.stream(tokens).boxed().toArray(), null);
  }

  static Dataset<Row> dataset(List<Row> chunks) {
    return LocalSpark.SESSION.createDataFrame(chunks, Chunks.SCHEMA);
  }

  /** nll.json. */
  static JsonNode reference(Path shared) {
    try {
      return new ObjectMapper().readTree(shared.resolve("base-model/nll.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HuggingFaceTokenizer tokenizer(Path shared) throws IOException {
    return HuggingFaceTokenizer.newInstance(
        shared.resolve("base-model/tokenizer.json"),
        Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false"));
  }

  private static BufferedReader lines(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(
            new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8));
  }
}
