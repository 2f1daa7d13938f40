package lethe.model.family;

import java.util.Map;
import java.util.TreeMap;
import lethe.model.checkpoint.ModelConfig;

/** Activation functions by their Hugging Face names, as TorchScript expressions. */
final class Activation {
  private static final String TANH = "torch.gelu(%s, approximate=\"tanh\")";
  private static final String ERF = "torch.gelu(%s)";
  private static final Map<String, String> BY_NAME =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("silu", "torch.silu(%s)"),
              Map.entry("swish", "torch.silu(%s)"),
              Map.entry("gelu", ERF),
              Map.entry("gelu_python", ERF),
              Map.entry("gelu_new", TANH),
              Map.entry("gelu_fast", TANH),
              Map.entry("gelu_accurate", TANH),
              Map.entry("gelu_pytorch_tanh", TANH),
              Map.entry("gelu_python_tanh", TANH),
              Map.entry("quick_gelu", "torch.mul(%1$s, torch.sigmoid(torch.mul(%1$s, 1.702)))"),
              Map.entry("relu", "torch.relu(%s)"),
              Map.entry("relu2", "torch.square(torch.relu(%s))"),
              Map.entry("sigmoid", "torch.sigmoid(%s)"),
              Map.entry("tanh", "torch.tanh(%s)")));

  private Activation() {}

  /**
   * The function a key of config.json names, applied to a variable of a script.
   *
   * @param standIn the name used if the key is absent
   */
  static String of(ModelConfig config, String key, String standIn, String variable) {
    return of(config.oneOf(key, standIn, BY_NAME.keySet()), variable);
  }

  /** The function of a name, applied to a variable of a script. */
  static String of(String name, String variable) {
    return BY_NAME.getOrDefault(name, ERF).formatted(variable);
  }
}
