package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.GptBytePairEncodingParams;
import com.knuddels.jtokkit.api.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lethe.json.Json;

/**
 * A tokenizer.json as JTokkit takes it. It is made once for all threads of a process, since a large
 * one takes longer to read than some texts to tokenize.
 */
final class JtokkitVocabulary {
  private static final int BYTES = 256;

  /** A word comes alone: {@link WordPattern} has split the text. */
  private static final Pattern WORD = Pattern.compile(".+", Pattern.DOTALL);

  private final WordPattern pattern;
  private final Encoding encoding;

  /** Ids of tokens by their place in the order of merges, which JTokkit takes for their ids. */
  private final int[] ids;

  private final AddedTokens added;
  private final boolean composes;
  private final TokenByteLengths lengths;

  private JtokkitVocabulary(
      WordPattern pattern, JsonNode root, List<String> order, TokenByteLengths lengths) {
    this.pattern = pattern;
    this.added = AddedTokens.of(root);
    this.composes = !missing(root.path("normalizer"));
    this.lengths = lengths;
    JsonNode vocabulary = root.at("/model/vocab");
    Map<byte[], Integer> ranks = new TreeMap<>(Arrays::compare);
    this.ids = new int[order.size()];
    for (int rank = 0; rank < ids.length; rank++) {
      ids[rank] = vocabulary.get(order.get(rank)).asInt();
      Optional<byte[]> bytes = ByteAlphabet.bytes(order.get(rank));
      if (bytes.isPresent()) { // else no text has it
        ranks.put(bytes.get(), rank);
      }
    }
    String name = "tokenizer.json";
    this.encoding =
        Encodings.newLazyEncodingRegistry()
            .registerGptBytePairEncoding(new GptBytePairEncodingParams(name, WORD, ranks, Map.of()))
            .getEncoding(name)
            .orElseThrow();
  }

  /**
   * Why JTokkit cannot make a tokenizer's tokens; nothing if it can.
   *
   * @param root a tokenizer.json
   */
  static Optional<String> refusal(JsonNode root) {
    JsonNode model = root.path("model");
    List<String> why = new ArrayList<>();
    if (!model.path("type").asText().equals("BPE")) {
      return Optional.of("its model is " + model.path("type").asText("none") + ", not BPE");
    }
    JsonNode normalizer = root.path("normalizer");
    if (!missing(normalizer) && !normalizer.path("type").asText().equals("NFC")) {
      why.add("its normalizer is " + normalizer.path("type").asText());
    }
    if (WordPattern.of(root.path("pre_tokenizer")).isEmpty()) {
      why.add("its pre_tokenizer does not split texts as those of GPT-2, Llama 3 or Qwen2 do");
    }
    if (model.path("dropout").asDouble() != 0) {
      why.add("its model has dropout");
    }
    if (!missing(normalizer) && trims(root.path("post_processor"))) {
      why.add("its post_processor trims places in texts that its normalizer has changed");
    }
    boolean bytes = true;
    for (int b = 0; b < BYTES; b++) {
      bytes &= model.path("vocab").has(String.valueOf(ByteAlphabet.character(b)));
    }
    if (!bytes) {
      why.add("not every byte is a token of it");
    }
    if (why.isEmpty() && byteLengths(root).isEmpty()) {
      why.add("its tokens are not the bytes of a text");
    }
    if (why.isEmpty() && MergeOrder.of(model).isEmpty()) {
      why.add("its merges are not in the order of its tokens");
    }
    return why.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", why));
  }

  /**
   * @param root a tokenizer.json that is not refused
   */
  static JtokkitVocabulary of(JsonNode root) {
    return new JtokkitVocabulary(
        WordPattern.of(root.path("pre_tokenizer")).orElseThrow(),
        root,
        MergeOrder.of(root.path("model")).orElseThrow(),
        byteLengths(root).orElseThrow());
  }

  private static boolean missing(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static boolean trims(JsonNode step) {
    for (JsonNode inner : step.path("processors")) {
      if (trims(inner)) {
        return true;
      }
    }
    return step.path("type").asText().equals("ByteLevel")
        && step.path("trim_offsets").asBoolean(true);
  }

  /** Those of texts that the normalizer leaves as they are. */
  private static Optional<TokenByteLengths> byteLengths(JsonNode root) {
    ObjectNode plain = Json.MAPPER.createObjectNode();
    plain.setAll((ObjectNode) root);
    plain.remove("normalizer");
    return TokenByteLengths.of(plain);
  }

  WordPattern pattern() {
    return pattern;
  }

  AddedTokens added() {
    return added;
  }

  /** Whether characters are composed (NFC) before anything else. */
  boolean composes() {
    return composes;
  }

  /** Of tokens in composed texts. */
  TokenByteLengths lengths() {
    return lengths;
  }

  /**
   * Ids of the tokens of one word.
   *
   * @param word of fewer bytes than those for which JTokkit goes another way, 500
   */
  int[] ids(String word) {
    IntArrayList ranks = encoding.encodeOrdinary(word);
    int[] own = new int[ranks.size()];
    for (int i = 0; i < own.length; i++) {
      own[i] = ids[ranks.get(i)];
    }
    return own;
  }
}
