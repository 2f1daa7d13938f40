package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Files like those of GPT-2, Llama 3 and Qwen2, with merges learnt from a few texts. */
final class SmallTokenizers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MERGES = 600;

  /** What merges are learnt from, beside what is hard to tokenize. */
  static final String WORDS =
      "the quick brown foxes weren't jumping over 1234 lazy dogs; na\u00efve caf\u00e9 \u4f60\u597d\u4e16\u754c, (x_1 == y_2)\n\n\t  ";

  /** Between words that begin about as GPT-2's do. */
  private static final String BOUNDARY = "(?<=\\S)(?=\\s)|(?<=\\w)(?=\\W)|(?<=\\D)(?=\\d)";

  private SmallTokenizers() {}

  /** A file of the kind that has this pattern, with everything such a kind has beside it. */
  static ObjectNode of(WordPattern pattern) {
    ObjectNode root = preTokenized(pattern);
    ArrayNode added = root.putArray("added_tokens");
    added(added, 256 + MERGES, "<|endoftext|>", true);
    switch (pattern) {
      case GPT_2 ->
          root.putObject("post_processor")
              .put("type", "ByteLevel")
              .put("add_prefix_space", true)
              .put("trim_offsets", false);
      case LLAMA_3 -> {
        added(added, 257 + MERGES, "<|begin_of_text|>", true);
        root.putObject("post_processor")
            .put("type", "ByteLevel")
            .put("add_prefix_space", true)
            .put("trim_offsets", false);
      }
      case QWEN_2 -> {
        added(added, 257 + MERGES, "<|im_start|>", true);
        root.putObject("normalizer").put("type", "NFC");
        root.putObject("post_processor")
            .put("type", "ByteLevel")
            .put("add_prefix_space", false)
            .put("trim_offsets", false);
      }
    }
    ObjectNode model = (ObjectNode) read(ByteTokenizer.json(0)).get("model");
    model.put("ignore_merges", pattern == WordPattern.LLAMA_3);
    List<String> texts = new ArrayList<>(TokenizerChoice.HARD);
    texts.addAll(Collections.nCopies(5, WORDS));
    learn(model, texts);
    root.set("model", model);
    return root;
  }

  /** A file with nothing but the step that splits a text. */
  static ObjectNode preTokenized(WordPattern pattern) {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putArray("added_tokens");
    if (pattern == WordPattern.GPT_2) {
      bytes(root.putObject("pre_tokenizer"), true);
      return root;
    }
    ArrayNode steps =
        root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    ObjectNode split = steps.addObject().put("type", "Split").put("behavior", "Isolated");
    split.put("invert", false).putObject("pattern").put("Regex", pattern.regex());
    bytes(steps.addObject(), false);
    return root;
  }

  private static void bytes(ObjectNode step, boolean splits) {
    step.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", false);
    step.put("use_regex", splits);
  }

  /** Adds a token to a file. */
  static void added(ArrayNode tokens, int id, String content, boolean special) {
    tokens
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", special);
  }

  /** Adds tokens of the most frequent neighbours, again and again. */
  private static void learn(ObjectNode model, List<String> texts) {
    List<List<String>> words = new ArrayList<>();
    for (String text : texts) {
      for (String word : text.split(BOUNDARY)) {
        List<String> parts = new ArrayList<>();
        for (byte b : word.getBytes(UTF_8)) {
          parts.add(String.valueOf(ByteAlphabet.character(b & 0xFF)));
        }
        words.add(parts);
      }
    }
    ObjectNode vocabulary = (ObjectNode) model.get("vocab");
    ArrayNode merges = model.putArray("merges");
    while (merges.size() < MERGES) {
      Map<List<String>, Integer> counts = new HashMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(List.of(word.get(i), word.get(i + 1)), 1, Integer::sum);
        }
      }
      List<String> best =
          counts.entrySet().stream()
              .filter(pair -> !vocabulary.has(String.join("", pair.getKey())))
              .max(
                  Map.Entry.<List<String>, Integer>comparingByValue()
                      .thenComparing(pair -> String.join(" ", pair.getKey())))
              .orElseThrow()
              .getKey();
      String token = String.join("", best);
      vocabulary.put(token, vocabulary.size());
      merges.add(String.join(" ", best));
      words.forEach(word -> merge(word, best, token));
    }
  }

  private static void merge(List<String> word, List<String> pair, String token) {
    for (int i = 0; i + 1 < word.size(); i++) {
      if (word.get(i).equals(pair.get(0)) && word.get(i + 1).equals(pair.get(1))) {
        word.set(i, token);
        word.remove(i + 1);
      }
    }
  }

  static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode read(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
