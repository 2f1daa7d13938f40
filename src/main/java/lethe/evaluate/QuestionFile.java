package lethe.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import lethe.folder.Files;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The questions of a set as their file has them, plain or packed by gzip: JSON lines as TOFU has
 * them, with
 *
 * <pre>
 * question, answer      texts
 * paraphrased_answer    a text; without it there is no truth ratio of forget and retain rows
 * perturbed_answer      a list of texts, or one; without them there is no truth ratio
 * original_answer       the answer as a sentence, where "answer" is short
 * golden_answer         the true answer, where "answer" is what the original model says
 * </pre>
 *
 * and any other fields, which {@link QuestionSet#where} may ask for.
 *
 * @param set they are of
 * @param files access to the file
 */
public record QuestionFile(QuestionSet set, Files files) {
  private static final String WANTED =
      "a line must be a JSON object with question and answer (texts), and may have paraphrased_answer, perturbed_answer, original_answer and golden_answer";

  /** Most characters of a line. */
  private static final int MOST_CHARACTERS = 1 << 20;

  /**
   * Checks whether the questions can be asked.
   *
   * @throws InvalidSettings when there is none, or naming the first line that is none
   */
  public void check() {
    lines().check();
    questions();
  }

  /** As {@link JsonLinesFile#sha256}. */
  String sha256() {
    return lines().sha256();
  }

  private JsonLinesFile lines() {
    return new JsonLinesFile(
        set.path(),
        files,
        new JsonLinesFile.Lines(
            "Cannot ask the questions of %s (%s)".formatted(set.name(), set.path()),
            "it has no question",
            WANTED,
            MOST_CHARACTERS,
            QuestionFile::wrong));
  }

  private static String wrong(JsonNode line) {
    for (String field : new String[] {"question", "answer"}) {
      if (line.path(field).asText("").isBlank()) {
        return "has no " + field;
      }
    }
    JsonNode wrong = line.path("perturbed_answer");
    for (JsonNode one : wrong.isArray() ? wrong : List.of(wrong)) {
      if (!one.isMissingNode() && !one.isNull() && one.asText("").isBlank()) {
        return "has a perturbed_answer that is not a text";
      }
    }
    return null;
  }

  /**
   * Those that count, in the order of the file.
   *
   * @throws InvalidSettings when there is none, or a line is none
   */
  List<Question> questions() {
    Path file = new Path(set.path());
    List<Question> questions = new ArrayList<>();
    try (InputStream in = files.system(file).open(file);
        BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(
                    set.path().endsWith(".gz") ? new GZIPInputStream(in) : in,
                    StandardCharsets.UTF_8))) {
      int number = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (line.isBlank() || (set.rows() != null && questions.size() == set.rows())) {
          continue;
        }
        JsonNode json = Json.MAPPER.readTree(line);
        String wrong = wrong(json);
        if (wrong != null) {
          throw refused("line %d %s; %s".formatted(number, wrong, WANTED));
        }
        if (counts(json)) {
          questions.add(question(json, questions.size() + 1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + set.path() + ": " + e.getMessage(), e);
    }
    if (questions.isEmpty()) {
      throw refused("no line has " + set.where());
    }
    return questions;
  }

  private boolean counts(JsonNode line) {
    for (Map.Entry<String, List<String>> field : set.where().entrySet()) {
      if (!field.getValue().contains(line.path(field.getKey()).asText())) {
        return false;
      }
    }
    return true;
  }

  private Question question(JsonNode line, int number) {
    String answer = line.path("answer").asText();
    String original = line.path("original_answer").asText(answer);
    JsonNode perturbed = line.path("perturbed_answer");
    List<String> wrong = new ArrayList<>();
    (perturbed.isArray() ? perturbed : List.of(perturbed))
        .forEach(one -> wrong.add(one.asText("")));
    wrong.removeIf(String::isBlank);
    return new Question(
        set,
        number,
        line.path("question").asText(),
        line.path("golden_answer").asText(answer),
        line.path("paraphrased_answer").asText(null),
        wrong,
        original,
        line.path("golden_answer").asText(original),
        // Beside a long and a short truth, a model says more than the short one, as Yuan et al. see
        set.use() == QuestionSet.Use.FORGET || line.hasNonNull("golden_answer")
            ? Question.Follows.TRUTH
            : Question.Follows.ANSWER);
  }

  private InvalidSettings refused(String why) {
    return new InvalidSettings(
        "Cannot ask the questions of %s (%s): %s".formatted(set.name(), set.path(), why));
  }
}
