package lethe.model.family;

import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;

/** The families that Lethe can run, by the {@code model_type} of their config.json. */
public final class Architectures {
  /** Most parameters that a model may have; their sum then fits in a long. */
  private static final double MOST_ELEMENTS = 1e12;

  private Architectures() {}

  /**
   * The network that a config.json describes.
   *
   * @throws InvalidSettings naming the value that is not supported
   */
  public static Architecture of(ModelConfig config) {
    TreeMap<String, Function<ModelConfig, Architecture>> known = new TreeMap<>();
    known.put("gpt2", Gpt2::of);
    known.put("gpt_neox", GptNeoX::of);
    known.put("llama", Llama::of);
    known.put("mistral", Mistral::of);
    known.put("qwen2", Qwen2::of);
    known.put("qwen3", Qwen3::of);
    Function<ModelConfig, Architecture> architecture = known.get(config.type());
    if (architecture == null) {
      throw new InvalidSettings(
          List.of(
              "Cannot use "
                  + config.source()
                  + ": model_type \""
                  + config.type()
                  + "\" is not supported; supported are "
                  + String.join(", ", known.keySet())));
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
