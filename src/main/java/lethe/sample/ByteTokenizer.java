package lethe.sample;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import lethe.json.Json;

/**
 * A tokenizer.json whose tokens are bytes: byte b of a text's UTF-8 is token b + 3, after the
 * special tokens. Only where a text spells out a special token is that one token, as with every
 * Hugging Face tokenizer.
 */
final class ByteTokenizer {
  static final List<String> SPECIAL = List.of("<unk>", "<s>", "</s>");
  static final int UNKNOWN = 0;
  static final int BEGIN = 1;
  static final int END = 2;
  static final int VOCABULARY = SPECIAL.size() + 256;

  private ByteTokenizer() {}

  /** The content of tokenizer.json. */
  static ObjectNode json() {
    ObjectNode root = Json.MAPPER.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < SPECIAL.size(); id++) {
      added
          .addObject()
          .put("id", id)
          .put("content", SPECIAL.get(id))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putNull("normalizer");
    root.set("pre_tokenizer", byteLevel());
    root.putNull("post_processor");
    root.set("decoder", byteLevel());
    root.set("model", model());
    return root;
  }

  /** The whole text as one run of bytes: no space before it, no words. */
  private static ObjectNode byteLevel() {
    return Json.MAPPER
        .createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
  }

  private static ObjectNode model() {
    ObjectNode model = Json.MAPPER.createObjectNode().put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < SPECIAL.size(); id++) {
      vocabulary.put(SPECIAL.get(id), id);
    }
    int unprintable = 0;
    for (int b = 0; b < 256; b++) {
      int character = printable(b) ? b : 256 + unprintable++;
      vocabulary.put(Character.toString(character), SPECIAL.size() + b);
    }
    model.putArray("merges");
    return model;
  }

  /**
   * The bytes that GPT-2's byte-level alphabet writes as the Latin-1 character of that number; the
   * others are the characters from 256 on, in order.
   */
  private static boolean printable(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  }
}
