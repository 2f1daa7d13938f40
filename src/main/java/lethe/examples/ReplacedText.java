package lethe.examples;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * A text whose terms have been replaced, and which of its tokens stands for each token of the text
 * as it was.
 *
 * <p>A token outside of a term stands for itself. The k-th token of a term's first appearance has
 * the k-th token of the replacement for it, so that both are predicted after as many tokens of the
 * name; a term's tokens beyond the replacement's last have none, and a replacement's beyond the
 * term's last stand for nothing and are only read. A term's later appearances have none either: a
 * model that learns another name where the text before has already said one would learn to
 * contradict its context.
 *
 * @param tokens with the replacements
 * @param places in {@code tokens} of what stands for each token of the text; {@link #NOWHERE} if
 *     nothing does
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ReplacedText(int[] tokens, int[] places) {
  static final int NOWHERE = -1;

  /** Tokens of the text, from the second on, that are predicted in the replaced text too. */
  int[] predicted(int context) {
    return IntStream.range(1, places.length)
        .filter(t -> places[t] > 0 && places[t] <= context) // from the token before it
        .toArray();
  }

  /** Puts one together, token by token. */
  static final class Builder {
    private final int[] places;
    private final BitSet seen = new BitSet();
    private final IntStream.Builder tokens = IntStream.builder();
    private int length;

    /**
     * @param text tokens of the text as it was
     */
    Builder(int text) {
      places = new int[text];
      Arrays.fill(places, NOWHERE);
    }

    void keep(int at, int token) {
      places[at] = length++;
      tokens.add(token);
    }

    void replace(int at, Replacements.Form form) {
      int both = Math.min(form.tokens().length, form.instead().length);
      for (int k = 0; k < both && !seen.get(form.term()); k++) {
        places[at + k] = length + k;
      }
      seen.set(form.term());
      Arrays.stream(form.instead()).forEach(tokens::add);
      length += form.instead().length;
    }

    ReplacedText build() {
      return new ReplacedText(tokens.build().toArray(), places);
    }
  }
}
