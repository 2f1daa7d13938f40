package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import lethe.json.Json;

/**
 * What a tokenizer.json says beside what the tokenizer library reads from it. The latest one of a
 * process is kept: a large file takes as long to read as a partition's texts to tokenize.
 */
final class TokenizerFile {
  private static SoftReference<TokenizerFile> latest = new SoftReference<>(null);

  private final byte[] json;
  private final Optional<TokenByteLengths> lengths;
  private final OptionalInt longestToken;
  private final SafeCuts cuts;
  private int[] begin;
  private JtokkitVocabulary vocabulary;

  /** Those that no thread uses. They keep the words of the texts before. */
  private final Queue<JtokkitEncoder> idle = new ConcurrentLinkedQueue<>();

  private TokenizerFile(byte[] json) throws IOException {
    JsonNode root = Json.MAPPER.readTree(json);
    this.json = json;
    this.lengths = TokenByteLengths.of(root);
    this.longestToken = TokenByteLengths.longest(root);
    this.cuts = SafeCuts.of(root, SafeCuts.PIECE_CHARACTERS);
  }

  static synchronized TokenizerFile of(byte[] json) throws IOException {
    TokenizerFile known = latest.get();
    if (known == null || !Arrays.equals(known.json, json)) {
      known = new TokenizerFile(json);
      latest = new SoftReference<>(known);
    }
    return known;
  }

  byte[] json() {
    return json;
  }

  /** How many bytes each token has, if the tokens of every text are its bytes. */
  Optional<TokenByteLengths> lengths() {
    return lengths;
  }

  OptionalInt longestToken() {
    return longestToken;
  }

  SafeCuts cuts() {
    return cuts;
  }

  /** The tokens before a text, looked for once. */
  synchronized int[] begin(Supplier<int[]> find) {
    if (begin == null) {
      begin = find.get();
    }
    return begin.clone();
  }

  /**
   * Makes tokens with JTokkit, for one thread until it is given back.
   *
   * <p>The file must be one that {@link JtokkitVocabulary#refusal} accepts.
   */
  JtokkitEncoder takeEncoder() throws IOException {
    JtokkitEncoder encoder = idle.poll();
    return encoder == null ? new JtokkitEncoder(vocabulary()) : encoder;
  }

  void giveBack(JtokkitEncoder encoder) {
    idle.add(encoder);
  }

  private synchronized JtokkitVocabulary vocabulary() throws IOException {
    if (vocabulary == null) {
      vocabulary = JtokkitVocabulary.of(Json.MAPPER.readTree(json));
    }
    return vocabulary;
  }
}
