package lethe.model.family;

import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;

/** The families that Lethe can run, by the {@code model_type} of their config.json. */
public final class Architectures {
  /** Most parameters that a model may have; their sum then fits in a long. */
  private static final double MOST_ELEMENTS = 1e12;

  /** Mixtures of experts by their names; others give a number of experts. */
  private static final Pattern MIXTURES =
      Pattern.compile(".*moe.*|mixtral|deepseek_v.*|gpt_oss|dbrx|jamba|llama4.*");

  private Architectures() {}

  /**
   * The network that a config.json describes.
   *
   * @throws InvalidSettings naming the value that is not supported
   */
  public static Architecture of(ModelConfig config) {
    TreeMap<String, Function<ModelConfig, Architecture>> known = new TreeMap<>();
    known.put("gemma", Gemma::of);
    known.put("gemma2", Gemma2::of);
    known.put("gpt2", Gpt2::of);
    known.put("gpt_neox", GptNeoX::of);
    known.put("llama", Llama::of);
    known.put("mistral", Mistral::of);
    known.put("olmo2", Olmo2::of);
    known.put("phi3", Phi3::of);
    known.put("qwen2", Qwen2::of);
    known.put("qwen3", Qwen3::of);
    Function<ModelConfig, Architecture> architecture = known.get(config.type());
    if (architecture == null) {
      boolean mixture = MIXTURES.matcher(config.type()).matches() || config.hasExperts();
      throw new InvalidSettings(
          List.of(
              "Cannot use %s: model_type \"%s\" is %s %s"
                  .formatted(
                      config.source(),
                      config.type(),
                      mixture
                          ? "a mixture of experts, which is not supported; name a dense model, whose model_type is one of"
                          : "not supported; supported are",
                      String.join(", ", known.keySet()))));
    }
    Architecture built = architecture.apply(config);
    config.refuseUnless(
        built.tensors().stream().mapToDouble(Architectures::elements).sum() <= MOST_ELEMENTS,
        "its sizes make more than 10^12 parameters");
    config.check();
    return built;
  }

  /** As a double, because a product of unchecked sizes may overflow a long. */
  private static double elements(NamedShape tensor) {
    return tensor.shape().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
  }
}
