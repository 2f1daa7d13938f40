package lethe.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import lethe.model.InitialWeights;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Architectures;
import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What config.json asks for is done, or refused by name and value. */
public class ArchitectureTest {
  private static final String SIZES =
      """
      "hidden_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2,
      "intermediate_size": 24, "vocab_size": 40, "max_position_embeddings": 32""";
  private static final String GPT2_SIZES =
      """
      "n_embd": 16, "n_head": 4, "n_layer": 2, "vocab_size": 40, "n_positions": 32""";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "opt | {} | model_type \"opt\" is not supported; supported are gemma, gemma2, gpt2, gpt_neox, llama, mistral, olmo2, phi3, qwen2, qwen3",
        "mixtral | {} | model_type \"mixtral\" is a mixture of experts, which is not supported; name a dense model, whose model_type is one of gemma, gemma2, gpt2",
        "qwen2_moe | {} | model_type \"qwen2_moe\" is a mixture of experts",
        "phimoe | {} | model_type \"phimoe\" is a mixture of experts",
        "olmoe | {} | model_type \"olmoe\" is a mixture of experts",
        "deepseek_v3 | {} | model_type \"deepseek_v3\" is a mixture of experts",
        "gpt_oss | {} | model_type \"gpt_oss\" is a mixture of experts",
        "mellum | {'num_experts': 64} | model_type \"mellum\" is a mixture of experts",
        "minimax | {'num_local_experts': 8} | model_type \"minimax\" is a mixture of experts",
        "solar_open | {'n_routed_experts': 128} | model_type \"solar_open\" is a mixture of experts",
        "aria_text | {'moe_num_experts': 8} | model_type \"aria_text\" is a mixture of experts",
        "granite | {'num_local_experts': 0} | model_type \"granite\" is not supported",
        "llama | {'hidden_act': 'xielu'} | hidden_act \"xielu\" is not supported; supported: gelu",
        "llama | {'quantization_config': {'quant_method': 'awq'}} | quantization_config {\"quant_method\":\"awq\"} is not supported: the weights are quantized by awq; name the checkpoint that they were made from, whose weights are float32, float16 or bfloat16, or write such a one with model.dequantize() of transformers",
        "gemma2 | {'quantization_config': {'load_in_4bit': true}} | quantization_config {\"load_in_4bit\":true} is not supported: the weights are quantized by a method that it does not name",
        "llama | {'num_key_value_heads': 3} | num_attention_heads 4 must be a multiple of num_key_value_heads 3",
        "llama | {'vocab_size': null} | vocab_size must be a whole number of at least 1, was null",
        "llama | {'hidden_size': '16'} | hidden_size must be a whole number of at least 1, was \"16\"",
        "llama | {'rms_norm_eps': 'small'} | rms_norm_eps must be a number from 0 up, was \"small\"",
        "llama | {'tie_word_embeddings': 'yes'} | tie_word_embeddings must be true or false, was \"yes\"",
        "llama | {'head_dim': 5} | head_dim 5 cannot turn in pairs",
        "llama | {'partial_rotary_factor': 0.5} | partial_rotary_factor 0.5 is not supported",
        "llama | {'rope_scaling': {'type': 'su'}} | rope_type \"su\" is not supported; supported: default, dynamic, linear, llama3, longrope, yarn",
        "llama | {'rope_parameters': {'rope_type': 'proportional'}} | rope_type \"proportional\" is not supported",
        "llama | {'rope_scaling': {'type': 'linear'}} | rope_scaling.factor must be a number above 0, was not there",
        "llama | {'rope_scaling': {'type': 'linear', 'factor': -2}} | rope_scaling.factor must be a number above 0, was -2",
        "llama | {'rope_parameters': {'rope_type': 'longrope', 'short_factor': [1.0], 'long_factor': [1.0, 2.0]}} | rope_parameters.short_factor must be a list of 2 numbers above 0, was [1.0]",
        "qwen2 | {'use_sliding_window': true, 'layer_types': ['linear_attention', 'full_attention']} | layer_types \"linear_attention\" with use_sliding_window true and sliding_window 4096 is not supported",
        "qwen2 | {'layer_types': ['sliding_attention', 'full_attention']} | layer_types \"sliding_attention\" with use_sliding_window false and sliding_window null is not supported",
        "gemma | {'use_bidirectional_attention': true} | use_bidirectional_attention true is not supported",
        "gemma2 | {'use_bidirectional_attention': true} | use_bidirectional_attention true is not supported",
        "gemma2 | {'layer_types': ['chunked_attention', 'full_attention']} | layer_types \"chunked_attention\" is not supported; supported: full_attention, sliding_attention",
        "gemma2 | {'layer_types': ['full_attention']} | layer_types must have one of each layer, has 1",
        "gemma2 | {'sliding_window': null} | sliding_window must be a whole number of at least 1, was null",
        "gemma2 | {'attn_logit_softcapping': 0} | attn_logit_softcapping must be a number above 0, was 0",
        "gemma2 | {'final_logit_softcapping': -30.0} | final_logit_softcapping must be a number above 0, was -30.0",
        "gemma2 | {'query_pre_attn_scalar': 0} | query_pre_attn_scalar must be a number above 0, was 0",
        "phi3 | {'rope_scaling': {'type': 'linear', 'factor': 2.0}} | rope_type \"linear\" is not supported; supported: default, longrope, su, yarn",
        "phi3 | {'partial_rotary_factor': 1.5} | partial_rotary_factor 1.5 of heads of 4 elements is not supported",
        "phi3 | {'rope_scaling': {'type': 'longrope', 'short_factor': [1.0, 1.0], 'long_factor': [1.0]}} | rope_scaling.long_factor must be a list of 2 numbers above 0, was [1.0]",
        "phi3 | {'sliding_window': 0} | sliding_window must be a whole number of at least 1, was 0",
        "olmo2 | {'partial_rotary_factor': 0.5} | partial_rotary_factor 0.5 is not supported",
        "gpt_neox | {'num_attention_heads': 5} | hidden_size 16 must be a multiple of num_attention_heads 5",
        "gpt_neox | {'rotary_pct': 1.5} | rotary_pct 1.5 of heads of 4 elements is not supported",
        "gpt2 | {'scale_attn_by_inverse_layer_idx': true} | scale_attn_by_inverse_layer_idx true is not supported",
        "llama | {'num_hidden_layers': 2147483647} | num_hidden_layers must be a whole number from 1 to 10000, was 2147483647",
        "qwen2 | {'num_hidden_layers': 2147483647} | num_hidden_layers must be a whole number from 1 to 10000, was 2147483647",
        "gpt_neox | {'num_hidden_layers': 2147483647} | num_hidden_layers must be a whole number from 1 to 10000, was 2147483647",
        "gpt2 | {'n_layer': 2147483647} | n_layer must be a whole number from 1 to 10000, was 2147483647",
        "gpt2 | {'num_hidden_layers': 0} | num_hidden_layers must be a whole number from 1 to 10000, was 0",
        "llama | {'head_dim': 2147483647} | head_dim must be from 1 to 65536, was 2147483647",
        "llama | {'num_attention_heads': 32} | head_dim must be from 1 to 65536, was 0",
        "llama | {'vocab_size': 2147483647, 'hidden_size': 2147483646} | its sizes make more than 10^12 parameters",
        "gpt2 | {'n_embd': 2147483644} | its sizes make more than 10^12 parameters",
        "gpt_neox | {'hidden_size': 2147483644} | hidden_size / num_attention_heads must be at most 65536, was 536870911",
        "llama | {'rms_norm_eps': -1} | rms_norm_eps must be a number from 0 up, was -1",
        "llama | {'rms_norm_eps': 1e999} | rms_norm_eps must be a number from 0 up",
        "gpt_neox | {'layer_norm_eps': -1} | layer_norm_eps must be a number from 0 up, was -1",
        "gpt2 | {'layer_norm_epsilon': -1} | layer_norm_epsilon must be a number from 0 up, was -1",
        "llama | {'rope_theta': 0} | rope_theta must be a number above 0, was 0",
        "llama | {'rope_parameters': 'yarn'} | rope_parameters must be an object, was \"yarn\"",
        "qwen2 | {'layer_types': 'full_attention'} | layer_types must be a list, was \"full_attention\"",
        "qwen2 | {'layer_types': ['full_attention']} | layer_types must have one of each layer, has 1",
        "qwen2 | {'use_sliding_window': true, 'sliding_window': null, 'layer_types': ['sliding_attention', 'full_attention']} | layer_types \"sliding_attention\" with use_sliding_window true and sliding_window null",
        "llama | {'is_causal': false} | is_causal false is not supported",
        "llama | {'per_layer_config': {'0': {'head_dim': 8}}} | per_layer_config {\"0\":{\"head_dim\":8}} is not supported",
        "llama | {'rope_parameters': {'full_attention': {'rope_type': 'linear'}}} | rope_parameters.full_attention {\"rope_type\":\"linear\"} is not supported",
        "gpt_neox | {'head_dim': 6} | head_dim other than hidden_size / num_attention_heads = 4 is not supported",
        "gpt2 | {'add_cross_attention': true} | add_cross_attention true is not supported",
      })
  void refusesByNameAndValue(String type, String changes, String message)
      throws JsonProcessingException {
    ModelConfig config = config(type, changes);

    assertThatThrownBy(() -> Architectures.of(config))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Cannot use config.json: " + message);
  }

  @Test
  void namesEveryProblemAtOnce() throws JsonProcessingException {
    ModelConfig config =
        config("llama", "{'vocab_size': 0, 'hidden_act': 'x', 'is_causal': false}");

    assertThatThrownBy(() -> Architectures.of(config))
        .hasMessageContaining("vocab_size must be")
        .hasMessageContaining("hidden_act \"x\"")
        .hasMessageContaining("is_causal false");
  }

  @Test
  void keysThatChangeNothingAreNoProblem() throws JsonProcessingException {
    String harmless =
        """
        {'attention_dropout': 0.1, 'use_cache': true, 'torch_dtype': 'bfloat16', 'bos_token_id': 1,
         'transformers_version': '4.40.0', 'pretraining_tp': 2, '_name_or_path': 'x',
         'initializer_range': 0.02, 'quantization_config': null, 'use_mrope': false,
         'rope_theta': 500000.0, 'architectures': ['LlamaForCausalLM']}""";

    assertThat(Architectures.of(config("llama", harmless)).type()).isEqualTo("llama");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mistral | {'sliding_window': 24} | 24 | sliding_window 24",
        "mistral | {'sliding_window': 64} | 32 | max_position_embeddings 32",
        "mistral | {'sliding_window': null} | 32 | max_position_embeddings 32",
        "qwen2 | {'sliding_window': null, 'use_sliding_window': true, 'max_window_layers': 0} | 32 | max_position_embeddings 32",
        "gpt2 | {'max_position_embeddings': 16} | 16 | max_position_embeddings 16",
        "qwen2 | {'sliding_window': 8} | 32 | max_position_embeddings 32",
        "qwen2 | {'sliding_window': 8, 'use_sliding_window': true} | 32 | max_position_embeddings 32",
        "qwen2 | {'sliding_window': 8, 'use_sliding_window': true, 'max_window_layers': 1} | 8 | sliding_window 8",
        "qwen3 | {'sliding_window': 8, 'use_sliding_window': true, 'layer_types': ['full_attention', 'sliding_attention']} | 8 | sliding_window 8",
        "gpt2 | {} | 32 | n_positions 32",
        "phi3 | {'sliding_window': null} | 32 | max_position_embeddings 32",
        "phi3 | {'sliding_window': 8} | 8 | sliding_window 8",
        "gemma2 | {'sliding_window': 8} | 8 | sliding_window 8",
        "gemma2 | {} | 32 | max_position_embeddings 32",
        "gemma2 | {'sliding_window': 8, 'layer_types': ['full_attention', 'full_attention']} | 32 | max_position_embeddings 32",
      })
  void sequencesEndWhereAWindowWouldBegin(String type, String changes, int tokens, String reason)
      throws JsonProcessingException {
    ContextLength context = Architectures.of(config(type, changes)).context();

    assertThat(context).isEqualTo(new ContextLength(tokens, reason));
    context.check(tokens);
    assertThatThrownBy(() -> context.check(tokens + 1))
        .hasMessage(
            "Cannot run sequences of %d tokens: the model's config.json has %s"
                .formatted(tokens + 1, reason));
  }

  @Test
  void countsTheWorkOfAToken() throws JsonProcessingException {
    Architecture llama = Architectures.of(config("llama", "{}"));
    Architecture tied = Architectures.of(config("llama", "{'tie_word_embeddings': true}"));
    long layer = 16 + (16 + 8 + 8) * 16 + 16 * 16 + 16 + 3 * 24 * 16;
    long multiplied = 2 * layer + 16 + 40 * 16;

    assertThat(llama.flopsPerToken(10)).isEqualTo(2 * multiplied + 4 * 2 * 16 * 10);
    assertThat(tied.flopsPerToken(10)).isEqualTo(llama.flopsPerToken(10));
    assertThat(llama.elements()).isEqualTo(multiplied + 40 * 16);

    Architecture wide = Architectures.of(config("llama", "{'head_dim': 10}"));
    long more = 2 * 6 * (4 + 2 + 2 + 4) * 16; // rows of every head that 10 elements add to 4
    assertThat(wide.flopsPerToken(10))
        .as("attention's products are as wide as its heads")
        .isEqualTo(2 * (multiplied + more) + 4 * 2 * 4 * 10 * 10);
  }

  @Test
  void normsOfGemmaStartAtZero() throws JsonProcessingException {
    for (String type : List.of("gemma", "gemma2", "olmo2", "phi3", "llama")) {
      Architecture architecture = Architectures.of(config(type, "{}"));
      float[] scale = new float[1];
      new InitialWeights(architecture, 0.02, 1).read("model.norm.weight", 0, scale, 0, 1);
      assertThat(scale[0]).as(type).isEqualTo(type.startsWith("gemma") ? 0 : 1);
    }
  }

  @Test
  void listsTheMatricesThatActivationsMeet() throws JsonProcessingException {
    List<String> layer = List.of("(32, 16)", "(16, 16)", "(48, 16)", "(16, 24)");
    List<String> all = new ArrayList<>(layer);
    all.addAll(layer);
    all.add("(40, 16)"); // the output matrix, its own or the embedding

    for (String changes : List.of("{}", "{'tie_word_embeddings': true}")) {
      Architecture llama = Architectures.of(config("llama", changes));
      assertThat(llama.matrices()).extracting(p -> p.shape().toString()).isEqualTo(all);
      assertThat(llama.heads()).isEqualTo(new Architecture.Heads(4, 2, 4));
    }
  }

  @Test
  void olderAndNewerSpellingsOfRopeAgree() throws JsonProcessingException {
    String older = "{'rope_theta': 500.0, 'rope_scaling': {'type': 'linear', 'factor': 2.0}}";
    String newer =
        "{'rope_parameters': {'rope_theta': 500.0, 'rope_type': 'linear', 'factor': 2.0}}";

    assertThat(cosines(config("llama", older))).isEqualTo(cosines(config("llama", newer)));
    assertThat(cosines(config("llama", older))).isNotEqualTo(cosines(config("llama", "{}")));
    assertThat(cosines(config("gpt_neox", "{'rotary_pct': 0.5, 'rotary_emb_base': 500}")))
        .isEqualTo(
            cosines(
                config(
                    "gpt_neox",
                    "{'rope_parameters': {'rope_theta': 500, 'partial_rotary_factor': 0.5}}")));
  }

  private static float[] cosines(ModelConfig config) {
    return Architectures.of(config).tables().apply(7).get(0).values();
  }

  public static ModelConfig config(String type, String changes) throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    String sizes = type.equals("gpt2") ? GPT2_SIZES : SIZES;
    ObjectNode json =
        (ObjectNode) mapper.readTree("{\"model_type\": \"" + type + "\", " + sizes + "}");
    if (type.equals("gpt_neox")) {
      json.remove(List.of("num_key_value_heads"));
    }
    json.setAll((ObjectNode) mapper.readTree(changes.replace('\'', '"')));
    return new ModelConfig("config.json", json);
  }
}
