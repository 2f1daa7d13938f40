package lethe.inference;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import lethe.model.checkpoint.HfFolder;
import lethe.settings.InvalidSettings;

/** Converts texts to tokens and back with a model's own tokenizer.json. Not thread-safe. */
public final class ModelTokenizer implements AutoCloseable {
  /** Any text. */
  private static final String PROBE = "a";

  private final HuggingFaceTokenizer tokenizer;

  /**
   * @throws lethe.settings.InvalidSettings when the folder has no tokenizer.json
   */
  ModelTokenizer(HfFolder folder) {
    byte[] json = folder.files().read(folder.tokenizer());
    try {
      // without these DJL cuts at the model's maximum length, often 512 tokens
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json),
              Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false"));
    } catch (IOException | RuntimeException e) {
      throw new InvalidSettings("Cannot use " + folder.tokenizer() + ": " + e.getMessage(), e);
    }
  }

  /** The text of some tokens; a character that is cut in two becomes U+FFFD. */
  public String text(int[] ids) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), false);
  }

  /** The same without special tokens, such as those that end a turn of a conversation. */
  public String textWithoutSpecialTokens(int[] ids) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
  }

  /** The tokens of a text, without added special tokens. */
  public int[] tokens(String text) {
    return Arrays.stream(tokenizer.encode(text, false, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  /** The special tokens that the tokenizer puts before a text; none for many. */
  public int[] begin() {
    int[] own = tokens(PROBE);
    int[] whole =
        Arrays.stream(tokenizer.encode(PROBE, true, false).getIds())
            .mapToInt(Math::toIntExact)
            .toArray();
    for (int before = 0; before + own.length <= whole.length; before++) {
      if (Arrays.equals(own, Arrays.copyOfRange(whole, before, before + own.length))) {
        return Arrays.copyOf(whole, before);
      }
    }
    throw new InvalidSettings(
        "Cannot use tokenizer.json: with its special tokens it tokenizes \"%s\" as %s, without them as %s"
            .formatted(PROBE, Arrays.toString(whole), Arrays.toString(own)));
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
