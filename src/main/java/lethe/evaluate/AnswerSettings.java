package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import lethe.json.OrNull;
import lethe.settings.Secrets;
import lethe.settings.Section;

/**
 * Which questions models answer, and how the answers are scored.
 *
 * @param questions sets of them; none: nothing is answered
 * @param maxNewTokens most tokens of an answer
 * @param stop texts that end an answer
 * @param sentenceEncoder Hugging Face folder of a BERT; null: no cosine similarity
 * @param entailment Hugging Face folder of a DeBERTa-v2 that classifies pairs; null: no entailment
 */
@JsonNaming(SnakeCaseStrategy.class)
public record AnswerSettings(
    List<QuestionSet> questions,
    int maxNewTokens,
    List<String> stop,
    @OrNull String sentenceEncoder,
    @OrNull String entailment) {

  /** Nothing is answered. */
  public static final AnswerSettings NONE = new AnswerSettings(List.of(), 1, List.of(), null, null);

  public AnswerSettings {
    questions = List.copyOf(questions);
    stop = List.copyOf(stop);
  }

  /** Reads {@code evaluate.answers}. */
  static AnswerSettings read(Section evaluate) {
    Section answers = evaluate.section("answers");
    return new AnswerSettings(
        QuestionSet.read(answers),
        answers.count("max-new-tokens", 1),
        answers.marks("stop"),
        answers.optionalText("sentence-encoder").orElse(null),
        answers.optionalText("entailment").orElse(null));
  }

  /** The same with paths as a file may have them that others read. */
  AnswerSettings shown() {
    return new AnswerSettings(
        questions.stream().map(QuestionSet::shown).toList(),
        maxNewTokens,
        stop,
        shown(sentenceEncoder),
        shown(entailment));
  }

  private static String shown(String path) {
    return path == null ? null : Secrets.ofNothing().masked(path);
  }

  /** Whether there is anything to answer. */
  public boolean any() {
    return !questions.isEmpty();
  }
}
