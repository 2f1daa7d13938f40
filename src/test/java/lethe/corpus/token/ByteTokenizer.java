package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A tokenizer.json whose tokens are the bytes of UTF-8, so that a test can count them itself. */
public final class ByteTokenizer {
  private ByteTokenizer() {}

  /**
   * The same with special tokens from 256 on, of which some stand around a text, as a model's own
   * post-processor puts them.
   */
  static byte[] json(List<String> special, List<String> before, List<String> after) {
    ObjectNode root = root(0);
    ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    before.forEach(token -> special(single, token));
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    after.forEach(token -> special(single, token));
    processor.putArray("pair");
    ObjectNode used = processor.putObject("special_tokens");
    for (int i = 0; i < special.size(); i++) {
      String token = special.get(i);
      root.withArray("added_tokens")
          .addObject()
          .put("id", 256 + i)
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
      ObjectNode entry = used.putObject(token).put("id", token);
      entry.putArray("ids").add(256 + i);
      entry.putArray("tokens").add(token);
    }
    return root.toString().getBytes(UTF_8);
  }

  private static void special(ArrayNode single, String token) {
    single.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
  }

  /** The file, with truncation to {@code maximum} tokens turned on if that is above 0. */
  public static byte[] json(int maximum) {
    return root(maximum).toString().getBytes(UTF_8);
  }

  private static ObjectNode root(int maximum) {
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
    return root;
  }
}
