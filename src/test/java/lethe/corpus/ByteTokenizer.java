package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A tokenizer.json whose tokens are the bytes of UTF-8, so that a test can count them itself. */
final class ByteTokenizer {
  private ByteTokenizer() {}

  /** The file, with truncation to {@code maximum} tokens turned on if that is above 0. */
  static byte[] json(int maximum) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("version", "1.0");
    if (maximum > 0) {
      ObjectNode truncation = root.putObject("truncation");
      truncation.put("direction", "Right").put("strategy", "LongestFirst").put("stride", 0);
      truncation.put("max_length", maximum);
    }
    root.putArray("added_tokens");
    root.putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean shown = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
      vocabulary.put(Character.toString(shown ? b : next++), b);
    }
    model.putArray("merges");
    return root.toString().getBytes(UTF_8);
  }
}
