package lethe.model.family;

import java.util.List;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;

/** Networks that judge texts, by the {@code model_type} of their config.json. */
public final class Encoders {
  private Encoders() {}

  /**
   * A network that turns sentences into vectors.
   *
   * @throws InvalidSettings naming the value that is not supported
   */
  public static Architecture sentences(ModelConfig config) {
    return checked(config, "bert", "encoder of sentences", config.type().equals("bert"), Bert::of);
  }

  /**
   * A network that classifies pairs of texts.
   *
   * @throws InvalidSettings naming the value that is not supported
   */
  public static Architecture classifier(ModelConfig config) {
    return checked(
        config,
        "deberta-v2",
        "classifier of pairs of texts",
        config.type().equals("deberta-v2"),
        DebertaV2::of);
  }

  private static Architecture checked(
      ModelConfig config,
      String known,
      String what,
      boolean isKnown,
      java.util.function.Function<ModelConfig, Architecture> family) {
    if (!isKnown) {
      throw new InvalidSettings(
          List.of(
              "Cannot use %s as %s: model_type \"%s\" is not supported; supported is %s"
                  .formatted(config.source(), what, config.type(), known)));
    }
    Architecture architecture = family.apply(config);
    config.check();
    return architecture;
  }
}
