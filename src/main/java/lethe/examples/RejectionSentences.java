package lethe.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.folder.Text;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Sentences that refuse an answer, as tokens that can follow a question, with an end of text each.
 *
 * @param sentences token ids
 * @param most tokens a question and a rejection may have together; a longer rejection is cut
 */
public record RejectionSentences(List<int[]> sentences, int most) implements Serializable {
  /** For methods that never reject. */
  public static final RejectionSentences NONE = new RejectionSentences(List.of(), 0);

  /** The 100 sentences that come with the program. */
  public static List<String> own() {
    try (InputStream in = RejectionSentences.class.getResourceAsStream("/rejections.txt")) {
      return sentences(in.readAllBytes());
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read rejections.txt of this program", e);
    }
  }

  /**
   * The sentences of a file, one per line; blank lines are ignored.
   *
   * @throws InvalidSettings when it has none, or is not text
   */
  public static List<String> sentences(byte[] file) {
    List<String> sentences = lines(file);
    if (sentences.isEmpty()) {
      throw new InvalidSettings("Cannot read rejections: the file has no sentence");
    }
    return sentences;
  }

  private static List<String> lines(byte[] file) {
    try {
      return Text.decode(file).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    } catch (CharacterCodingException e) {
      throw new InvalidSettings(
          "Cannot read rejections: the file is not UTF-8; save it as UTF-8", e);
    }
  }

  /** SHA-256 of the sentences as token ids, in hexadecimal. */
  String sha256() {
    return DigestUtils.sha256Hex(
        sentences.stream().map(s -> Arrays.toString(s) + "\n").collect(Collectors.joining()));
  }

  /**
   * A question with a rejection in place of its answer.
   *
   * @param tokens question and answer
   * @param prompt tokens of the question
   * @param sentence which rejection
   */
  int[] after(int[] tokens, int prompt, int sentence) {
    int[] rejection = sentences.get(sentence);
    return IntStream.concat(IntStream.of(tokens).limit(prompt), IntStream.of(rejection))
        .limit(most)
        .toArray();
  }
}
