package lethe.evaluate;

import java.util.List;

/**
 * A question with what is known of its answer.
 *
 * @param set it is of
 * @param number of its line among those that count, from 1
 * @param question the text
 * @param truth the true answer: {@code golden_answer}, or else {@code answer}
 * @param paraphrase the true answer in other words; null where there is none
 * @param wrong answers that are not true; may be empty
 * @param original what the original model would say: {@code original_answer}, or else {@code
 *     answer}
 * @param sentence the true answer as a sentence: {@code golden_answer}, {@code original_answer} or
 *     {@code answer}, the first that there is
 * @param follows which of that sentence and what a model says has to follow from the other one
 */
record Question(
    QuestionSet set,
    int number,
    String question,
    String truth,
    String paraphrase,
    List<String> wrong,
    String original,
    String sentence,
    Follows follows) {

  /** What entailment asks of an answer. */
  enum Follows {
    /** That the truth follows from what is said. */
    TRUTH,
    /** That what is said follows from the truth. */
    ANSWER
  }

  /** Names it among the questions of all sets; in order within a set. */
  String id() {
    return "%s/%06d".formatted(set.name(), number);
  }
}
