package lethe.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lethe.inference.LoadedModel;
import lethe.inference.ModelTokenizer;
import lethe.model.network.Decoding;
import lethe.settings.InvalidSettings;

/**
 * Has a model write after prompts, in one process: prompts of equal length go through the model
 * together, each token once, and an answer that ends leaves the batch.
 *
 * <p>The same products in another shape round otherwise, so where two tokens are as near as that
 * ({@link TokenChoice#CLEAR}) the text so far goes through the model once more, alone, and that
 * decides. So an answer does not depend on what it shares a batch with, in float32; bfloat16 rounds
 * more coarsely than any such bound.
 */
public final class Generator {
  private final LoadedModel model;
  private final GenerationSettings settings;
  private final TokenChoice choice;
  private final int vocabulary;

  private Generator(LoadedModel model, GenerationSettings settings) {
    this.model = model;
    this.settings = settings;
    this.choice = settings.choice();
    this.vocabulary = model.network().architecture().vocabulary();
  }

  /**
   * Answers prompts.
   *
   * @return one answer per prompt, in the same order
   * @throws InvalidSettings when a prompt has no token or one that the model does not have, or stop
   *     strings are to be found and the model has no tokenizer
   */
  public static List<Answer> answers(
      LoadedModel model, List<Prompt> prompts, GenerationSettings settings) {
    return new Generator(model, settings).answers(prompts);
  }

  private List<Answer> answers(List<Prompt> prompts) {
    Map<Integer, List<Text>> byLength = new TreeMap<>();
    List<Text> texts = prompts.stream().map(this::checked).map(Text::new).toList();
    texts.forEach(t -> byLength.computeIfAbsent(t.length(), l -> new ArrayList<>()).add(t));
    byLength.forEach(
        (length, all) -> {
          for (int from = 0; from < all.size(); from += settings.batch()) {
            write(length, all.subList(from, Math.min(all.size(), from + settings.batch())));
          }
        });
    return texts.stream().map(Text::answer).toList();
  }

  private Prompt checked(Prompt prompt) {
    if (prompt.tokens().length == 0) {
      throw new InvalidSettings("Cannot answer %s: its prompt has no token".formatted(prompt.id()));
    }
    for (int token : prompt.tokens()) {
      if (token < 0 || token >= vocabulary) {
        throw new InvalidSettings(
            "Cannot answer %s: its prompt has token %d, and the model's vocabulary is %d"
                .formatted(prompt.id(), token, vocabulary));
      }
    }
    return prompt;
  }

  private void write(int length, List<Text> all) {
    int room = model.network().architecture().context().tokens() - length;
    if (room < 1) {
      all.forEach(text -> text.stop = StopReason.PROMPT);
      return;
    }
    int most = Math.min(settings.maxNewTokens(), room);
    List<Text> open = all;
    try (Decoding decoding = model.network().decoding(model.weights(), length + most)) {
      NDArray hiddenBD = decoding.begin(open.stream().map(text -> text.prompt.tokens()).toList());
      while (true) {
        extend(open, hiddenBD, most);
        List<Text> before = open;
        int[] left =
            IntStream.range(0, open.size()).filter(i -> before.get(i).stop == null).toArray();
        if (left.length == 0) {
          return;
        }
        if (left.length < open.size()) {
          decoding.keep(left);
          open = Arrays.stream(left).mapToObj(before::get).toList();
        }
        hiddenBD = decoding.next(open.stream().mapToInt(Text::last).toArray());
      }
    }
  }

  /** Chooses the next token of each text. */
  private void extend(List<Text> open, NDArray hiddenBD, int most) {
    float[] logits = logits(hiddenBD);
    hiddenBD.close();
    for (int b = 0; b < open.size(); b++) {
      Text text = open.get(b);
      TokenChoice.Choice chosen = choose(logits, b * vocabulary, text);
      if (chosen.lead() < TokenChoice.CLEAR) {
        chosen = choose(alone(text), 0, text);
      }
      if (chosen.token() < 0) {
        throw new IllegalStateException(
            "Cannot answer %s: after %d tokens the model's predictions are not finite"
                .formatted(text.prompt.id(), text.written));
      }
      text.take(chosen.token(), most);
    }
  }

  private TokenChoice.Choice choose(float[] logits, int from, Text text) {
    return choice.choose(logits, from, vocabulary, text.prompt.id(), text.written);
  }

  private float[] logits(NDArray hiddenBD) {
    try (NDArray logitsBV = model.network().logits(hiddenBD, model.weights())) {
      return logitsBV.toFloatArray();
    }
  }

  /** The logits after a text that shares its pass with no other. */
  private float[] alone(Text text) {
    try (NDManager manager = model.network().newManager()) {
      long[][] ids = {Arrays.stream(text.all()).asLongStream().toArray()};
      NDArray hiddenBTD =
          model
              .network()
              .hidden(manager.create(ids).toType(DataType.INT64, false), model.weights());
      NDArray last = manager.create(new long[] {ids[0].length - 1});
      return logits(model.network().gatherRows(hiddenBTD, last));
    }
  }

  /** A prompt and what has been written after it. */
  private final class Text {
    private final Prompt prompt;
    private int[] tokens = new int[16];
    private int written;
    private StopReason stop;

    Text(Prompt prompt) {
      this.prompt = prompt;
    }

    int length() {
      return prompt.tokens().length;
    }

    int last() {
      return tokens[written - 1];
    }

    int[] all() {
      return IntStream.concat(Arrays.stream(prompt.tokens()), Arrays.stream(answered())).toArray();
    }

    private int[] answered() {
      return Arrays.copyOf(tokens, written);
    }

    void take(int token, int most) {
      if (settings.endTokens().contains(token)) {
        stop = StopReason.END;
        return;
      }
      if (written == tokens.length) {
        tokens = Arrays.copyOf(tokens, 2 * written);
      }
      tokens[written++] = token;
      if (!settings.stopStrings().isEmpty() && end(text()) >= 0) {
        stop = StopReason.STRING;
      } else if (written == most) {
        stop = most < settings.maxNewTokens() ? StopReason.CONTEXT : StopReason.LENGTH;
      }
    }

    private String text() {
      ModelTokenizer tokenizer =
          model
              .text()
              .orElseThrow(
                  () ->
                      new InvalidSettings(
                          "Cannot end answers at texts (%s): the model has no tokenizer.json"
                              .formatted(settings.stopStrings())));
      return tokenizer.textWithoutSpecialTokens(answered());
    }

    /** Where the first stop string begins; -1 if there is none. */
    private int end(String text) {
      return settings.stopStrings().stream()
          .mapToInt(text::indexOf)
          .filter(at -> at >= 0)
          .min()
          .orElse(-1);
    }

    Answer answer() {
      String text = model.text().isPresent() ? text() : null;
      int end = text == null ? -1 : end(text);
      return new Answer(answered(), end < 0 ? text : text.substring(0, end), stop);
    }
  }
}
