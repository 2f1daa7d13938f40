package lethe.examples;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lethe.generation.GenerationSettings;
import lethe.model.network.Vocabulary;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * How a model is asked for other answers to a question.
 *
 * @param request tokens that follow question and answer, a question in the corpus' template; empty:
 *     the question alone is asked again
 * @param draws answers to each question, at least 1
 * @param temperature of the predictions that they are drawn from, greater than 0
 * @param tokens most that the model may write
 * @param ends token ids that end an answer
 * @param endOfText the one of them that answers of the corpus end with
 * @param most tokens a question and an answer may have together; a longer answer is cut
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record AnswerRequest(
    int[] request,
    int draws,
    double temperature,
    int tokens,
    List<Integer> ends,
    int endOfText,
    int most)
    implements Serializable {
  /** For methods that draw none. */
  public static final AnswerRequest NONE = new AnswerRequest(new int[0], 0, 1, 0, List.of(), -1, 0);

  /**
   * What a model writes after, for a question with its answer.
   *
   * @param own tokens of both
   * @param prompt how many of them are the question's
   */
  int[] after(int[] own, int prompt, Vocabulary vocabulary) {
    if (request.length == 0) {
      return Arrays.copyOf(own, Math.min(prompt, own.length));
    }
    // A template that begins the text says so once only.
    boolean begins = own[0] == request[0] && vocabulary.special(own[0]);
    return join(own, Arrays.copyOfRange(request, begins ? 1 : 0, request.length));
  }

  /**
   * A question with one of the answers.
   *
   * @param own tokens of the question and its own answer
   * @param prompt how many of them are the question's
   * @param answer tokens in place of that answer
   */
  int[] instead(int[] own, int prompt, int[] answer) {
    int[] question = Arrays.copyOf(own, Math.min(prompt, own.length));
    int[] all = join(question, answer);
    return Arrays.copyOf(all, Math.min(all.length, most));
  }

  GenerationSettings settings(int batch, long seed) {
    return GenerationSettings.greedy(tokens, batch)
        .endedBy(ends, List.of())
        .sampled(temperature, seed);
  }

  /** Distinguishes it from others that give other answers. */
  String identity() {
    return "%d at %s of %d tokens, ended by %s, after %s"
        .formatted(
            draws, temperature, tokens, ends, DigestUtils.sha256Hex(Arrays.toString(request)));
  }

  private static int[] join(int[] first, int[] second) {
    return IntStream.concat(IntStream.of(first), IntStream.of(second)).toArray();
  }
}
