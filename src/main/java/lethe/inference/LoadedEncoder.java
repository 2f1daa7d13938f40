package lethe.inference;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lethe.model.EncoderSource;
import lethe.model.checkpoint.HfFolder;
import lethe.model.network.Network;
import lethe.model.network.TextEncoding;
import lethe.model.torch.Graph;
import lethe.settings.InvalidSettings;
import org.apache.spark.TaskContext;

/**
 * A network that judges texts, in this process's memory, read once. It works in the thread of
 * {@link LoadedModel} and leaves the memory with the models.
 */
public final class LoadedEncoder {
  /** One per use; only that thread touches it and the networks in it. */
  private static final Map<EncoderSource.Use, LoadedEncoder> LOADED = new HashMap<>();

  private final EncoderKey key;
  private final Network network;
  private final TextEncoding encoding;
  private final HuggingFaceTokenizer tokenizer;
  private final List<String> labels;

  private LoadedEncoder(EncoderKey key, TaskContext task) {
    this.key = key;
    EncoderSource source = key.source();
    network =
        new Network(
            source.architecture(),
            task == null ? key.compute().on() : key.compute().on(task.resources()));
    try {
      encoding = new TextEncoding(network, source.parameters(network));
      tokenizer = tokenizer(source);
      labels = source.use() == EncoderSource.Use.CLASSIFIER ? source.labels() : List.of();
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  /** The folder's own, which adds special tokens and cuts what is too long. */
  private static HuggingFaceTokenizer tokenizer(EncoderSource source) {
    HfFolder folder = source.open();
    Map<String, String> options =
        Map.of(
            "truncation", "true",
            "maxLength", String.valueOf(source.longest()),
            "padding", "false",
            "addSpecialTokens", "true");
    try {
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(folder.files().read(folder.tokenizer())), options);
    } catch (IOException | RuntimeException e) {
      throw new InvalidSettings("Cannot use " + folder.tokenizer() + ": " + e.getMessage(), e);
    }
  }

  /** Runs work with an encoder, loading it first if necessary. */
  public static <T> T with(EncoderKey key, Function<LoadedEncoder, T> work) {
    TaskContext task = TaskContext.get();
    return LoadedModel.inTurn(
        () -> {
          LoadedEncoder loaded = LOADED.get(key.source().use());
          if (loaded == null || !loaded.key.equals(key)) {
            if (loaded != null) {
              LOADED.remove(key.source().use()).close();
            }
            loaded = new LoadedEncoder(key, task);
            LOADED.put(key.source().use(), loaded);
          }
          LoadedEncoder encoder = loaded;
          return Graph.withoutGraph(() -> work.apply(encoder));
        });
  }

  /** One vector per sentence. */
  public List<float[]> vectors(List<String> sentences) {
    return encoding.means(
        sentences.stream().map(s -> ids(tokenizer.encode(s, true, false))).toList());
  }

  /**
   * The likeliest label of each pair of texts.
   *
   * @param premises the first of each
   * @param hypotheses the second of each
   */
  public List<String> labels(List<String> premises, List<String> hypotheses) {
    int[][] pairs = new int[premises.size()][];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = ids(tokenizer.encode(premises.get(i), hypotheses.get(i), true, false));
    }
    return encoding.logits(List.of(pairs)).stream().map(this::likeliest).toList();
  }

  private String likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return labels.get(best);
  }

  private static int[] ids(Encoding encoding) {
    return Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
  }

  /** Frees all of them; in the thread of the models. */
  static void closeAll() {
    LOADED.values().forEach(LoadedEncoder::close);
    LOADED.clear();
  }

  private void close() {
    tokenizer.close();
    network.close();
  }
}
