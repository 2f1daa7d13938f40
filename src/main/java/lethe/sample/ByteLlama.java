package lethe.sample;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.folder.Files;
import org.apache.hadoop.fs.Path;

/**
 * The shape of a small Llama whose tokens are bytes, as a Hugging Face folder without weights.
 *
 * @param width of the residual stream, a multiple of heads
 * @param layers of attention and feed-forward
 * @param heads of attention
 * @param keyValueHeads divides heads
 * @param innerWidth of the feed-forward
 * @param context most tokens of a chunk
 * @param initializerRange standard deviation of the random weights that training starts from; a
 *     small model starts to learn by heart in half the steps when it is near 1/sqrt(width) instead
 *     of the customary 0.02
 */
public record ByteLlama(
    int width,
    int layers,
    int heads,
    int keyValueHeads,
    int innerWidth,
    int context,
    double initializerRange) {

  /** Writes config.json, generation_config.json, tokenizer.json and tokenizer_config.json. */
  public void write(Path folder, Files files) {
    files.writeJson(new Path(folder, "tokenizer.json"), ByteTokenizer.json());
    files.writeJson(new Path(folder, "tokenizer_config.json"), tokenizerConfig());
    files.writeJson(new Path(folder, "generation_config.json"), specialTokens());
    files.writeJson(new Path(folder, "config.json"), config());
  }

  /** Its config.json. */
  public Map<String, Object> config() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of("LlamaForCausalLM"));
    config.put("model_type", "llama");
    config.put("vocab_size", ByteTokenizer.VOCABULARY);
    config.put("hidden_size", width);
    config.put("intermediate_size", innerWidth);
    config.put("num_hidden_layers", layers);
    config.put("num_attention_heads", heads);
    config.put("num_key_value_heads", keyValueHeads);
    config.put("head_dim", width / heads);
    config.put("max_position_embeddings", context);
    config.put("hidden_act", "silu");
    config.put("rms_norm_eps", 1e-5);
    config.put("rope_theta", 10000.0);
    config.put("attention_bias", false);
    config.put("mlp_bias", false);
    config.put("tie_word_embeddings", false);
    config.put("initializer_range", initializerRange);
    config.putAll(specialTokens());
    config.put("torch_dtype", "float32");
    return config;
  }

  private Map<String, Object> tokenizerConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("unk_token", ByteTokenizer.SPECIAL.get(ByteTokenizer.UNKNOWN));
    config.put("bos_token", ByteTokenizer.SPECIAL.get(ByteTokenizer.BEGIN));
    config.put("eos_token", ByteTokenizer.SPECIAL.get(ByteTokenizer.END));
    config.put("clean_up_tokenization_spaces", false);
    config.put("model_max_length", context);
    return config;
  }

  private static Map<String, Object> specialTokens() {
    Map<String, Object> ids = new LinkedHashMap<>();
    ids.put("bos_token_id", ByteTokenizer.BEGIN);
    ids.put("eos_token_id", ByteTokenizer.END);
    return ids;
  }
}
