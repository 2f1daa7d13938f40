package lethe.model.family;

import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import lethe.model.checkpoint.ModelConfig;

/**
 * The {@code rope_type}s of Hugging Face: how config.json stretches the frequencies {@code
 * theta^(-2i/d)} of {@link Rope} over a longer context. Newer checkpoints keep the values in {@code
 * rope_parameters}, older ones in {@code rope_scaling} beside {@code rope_theta}; if both are
 * present, transformers uses only the older one.
 */
final class RopeTypes {
  private static final Set<String> TYPES =
      Set.of("default", "linear", "dynamic", "yarn", "longrope", "llama3");

  /** What Phi-3's checkpoints call {@code longrope}, by their age; transformers knows no other. */
  private static final Set<String> PHI3_TYPES = Set.of("default", "longrope", "su", "yarn");

  private final ModelConfig config;
  private final ModelConfig values;
  private final int dimensions;

  /** The context before it was stretched, in tokens. */
  private final IntSupplier original;

  private RopeTypes(ModelConfig config, ModelConfig values, int dimensions, IntSupplier original) {
    this.config = config;
    this.values = values;
    this.dimensions = dimensions;
    this.original = original;
  }

  private RopeTypes(ModelConfig config, ModelConfig values, int dimensions) {
    this(config, values, dimensions, () -> original(config, values));
  }

  /** All elements of each head are rotated. */
  static Rope whole(ModelConfig config, int headSize) {
    config.refuseUnless(headSize % 2 == 0, "head_dim " + headSize + " cannot turn in pairs");
    ModelConfig values = config.firstObject("rope_scaling", "rope_parameters");
    for (ModelConfig place : new ModelConfig[] {config, values}) {
      double part = place.number("partial_rotary_factor", 1);
      config.refuseUnless(part == 1, "partial_rotary_factor " + part + " is not supported");
    }
    return new RopeTypes(config, values, headSize).rope(theta(config, "rope_theta", values));
  }

  /** The value in the object is used, otherwise the one beside it. */
  private static double theta(ModelConfig config, String key, ModelConfig values) {
    if (values.isAbsent("rope_theta")) {
      return config.positive(key, 10000);
    }
    config.isAbsent(key); // marks it as read
    return values.positive("rope_theta");
  }

  /** Only the first elements of each head are rotated, a quarter of them by default. */
  static Rope partial(ModelConfig config, int headSize) {
    ModelConfig values = config.firstObject("rope_scaling", "rope_parameters");
    double oldPart = config.positive("rotary_pct", 0.25);
    double part = values.number("partial_rotary_factor", oldPart);
    int dimensions = turned(config, headSize, "rotary_pct", part);
    double theta = theta(config, "rotary_emb_base", values);
    config.passOver("rope_theta", theta); // which transformers writes beside it and does not read
    config.passOver("partial_rotary_factor", part);
    return new RopeTypes(config, values, dimensions).rope(theta);
  }

  /**
   * Phi-3's spellings: any part of each head may turn, all of it by default; {@code su} and {@code
   * yarn} mean {@code longrope}; and the context before it was stretched is always the one beside
   * the object.
   */
  static Rope phi3(ModelConfig config, int headSize) {
    ModelConfig values = config.firstObject("rope_scaling", "rope_parameters");
    int original = config.size("original_max_position_embeddings", 4096);
    values.passOver("original_max_position_embeddings", original);
    double beside = config.number("partial_rotary_factor", 1);
    double part = values.number("partial_rotary_factor", beside);
    int dimensions = turned(config, headSize, "partial_rotary_factor", part);
    double theta = theta(config, "rope_theta", values);
    RopeTypes types = new RopeTypes(config, values, dimensions, () -> original);
    return types.type(PHI3_TYPES).equals("default")
        ? constant(types.plain(theta), 1)
        : types.longrope(theta);
  }

  /**
   * How many elements of a head turn.
   *
   * @param key that sets the part, for messages
   */
  private static int turned(ModelConfig config, int headSize, String key, double part) {
    int dimensions = (int) (headSize * part);
    config.refuseUnless(
        dimensions >= 1 && dimensions + dimensions % 2 <= headSize,
        "%s %s of heads of %d elements is not supported".formatted(key, part, headSize));
    return Math.max(1, Math.min(dimensions, headSize));
  }

  private String type(Set<String> supported) {
    String type = values.text("rope_type", values.text("type", "default"));
    config.refuseUnless(
        supported.contains(type),
        "rope_type \"%s\" is not supported; supported: %s"
            .formatted(type, String.join(", ", supported.stream().sorted().toList())));
    return type;
  }

  private Rope rope(double theta) {
    return switch (type(TYPES)) {
      case "linear" -> constant(scaled(plain(theta), values.positive("factor")), 1);
      case "dynamic" -> dynamic(theta);
      case "yarn" -> yarn(theta);
      case "longrope" -> longrope(theta);
      case "llama3" -> llama3(theta);
      default -> constant(plain(theta), 1);
    };
  }

  private static Rope constant(float[] frequencies, double scale) {
    return new Rope(tokens -> frequencies, scale);
  }

  private float[] plain(double theta) {
    float[] frequencies = new float[(dimensions + 1) / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1f / period(theta, i);
    }
    return frequencies;
  }

  private float period(double theta, int i) {
    return (float) Math.pow((float) theta, (float) (2 * i) / dimensions);
  }

  private static float[] scaled(float[] frequencies, double factor) {
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] /= (float) factor;
    }
    return frequencies;
  }

  /**
   * Changes the base for sequences longer than {@code max_position_embeddings}, which no network
   * here runs; up to that length it is the plain type.
   */
  private Rope dynamic(double theta) {
    values.positive("factor");
    return constant(plain(theta), 1);
  }

  /**
   * Peng et al., arXiv:2309.00071: pairs that turn often keep their frequency, the frequencies of
   * those that hardly turn are divided by the factor, with a ramp in between.
   */
  private Rope yarn(double theta) {
    int original = this.original.getAsInt();
    double factor =
        values.isAbsent("factor")
            ? (double) config.size("max_position_embeddings") / original
            : values.positive("factor");
    double low = correction(values.number("beta_fast", 32), theta, original);
    double high = correction(values.number("beta_slow", 1), theta, original);
    if (values.flag("truncate", true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, dimensions - 1);
    float width = (float) (low == high ? 0.001 : high - low);
    float[] frequencies = new float[(dimensions + 1) / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float ramp = Math.min(1, Math.max(0, (i - (float) low) / width));
      float kept = 1 - ramp;
      float period = period(theta, i);
      frequencies[i] = 1f / ((float) factor * period) * (1 - kept) + 1f / period * kept;
    }
    return constant(frequencies, yarnScale(factor));
  }

  /** The dimension whose pair turns the given number of times over the original context. */
  private double correction(double turns, double theta, int original) {
    return dimensions * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  private double yarnScale(double factor) {
    double mscale = values.number("mscale", 0);
    double mscaleAll = values.number("mscale_all_dim", 0);
    double inferred =
        mscale != 0 && mscaleAll != 0
            ? yarnScale(factor, mscale) / yarnScale(factor, mscaleAll)
            : yarnScale(factor, 1);
    return values.number("attention_factor", inferred);
  }

  private static double yarnScale(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
  }

  /**
   * Ding et al., arXiv:2402.13753: a factor for each pair, one set for sequences within the
   * original context and one beyond.
   */
  private Rope longrope(double theta) {
    int original = this.original.getAsInt();
    double factor =
        values.isAbsent("factor")
            ? (double) config.size("max_position_embeddings") / original
            : values.positive("factor");
    double inferred = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    float[] within = divided(theta, "short_factor");
    float[] beyond = divided(theta, "long_factor");
    IntFunction<float[]> frequencies = tokens -> tokens > original ? beyond : within;
    return new Rope(frequencies, values.number("attention_factor", inferred));
  }

  private float[] divided(double theta, String key) {
    double[] factors = values.numbers(key, (dimensions + 1) / 2);
    float[] frequencies = new float[(dimensions + 1) / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1f / ((float) factors[i] * period(theta, i));
    }
    return frequencies;
  }

  /** Llama 3.1: as {@link #yarn}, with a ramp over wavelengths. */
  private Rope llama3(double theta) {
    int original = this.original.getAsInt();
    float factor = (float) values.positive("factor");
    double lowFactor = values.positive("low_freq_factor");
    double highFactor = values.positive("high_freq_factor");
    float[] frequencies = plain(theta);
    for (int i = 0; i < frequencies.length; i++) {
      float wavelength = (float) (2 * Math.PI) / frequencies[i];
      if (wavelength > original / lowFactor) {
        frequencies[i] /= factor;
      } else if (wavelength >= original / highFactor) {
        float kept = (original / wavelength - (float) lowFactor) / (float) (highFactor - lowFactor);
        frequencies[i] = (1 - kept) * frequencies[i] / factor + kept * frequencies[i];
      }
    }
    return constant(frequencies, 1);
  }

  private static int original(ModelConfig config, ModelConfig values) {
    int inside =
        values.size("original_max_position_embeddings", config.size("max_position_embeddings"));
    return config.size("original_max_position_embeddings", inside);
  }
}
