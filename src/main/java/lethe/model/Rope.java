package lethe.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Rotary position embedding (Su et al., arXiv:2104.09864): element pairs (i, i + d/2) of a head
 * turn by position x frequency. Tables hold the cosine and sine of each angle, computed as Hugging
 * Face does: frequencies and angles in float32.
 *
 * @param frequencies inverse frequencies, d/2 of them, radians a position
 * @param scale factor on cosine and sine (attention scaling of some types; 1 for most)
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Rope(float[] frequencies, double scale) {

  /**
   * @param config where {@code rope_parameters} (newer) or {@code rope_theta} and {@code
   *     rope_scaling} (older) stand
   * @param dimensions rotated elements of a head
   */
  static Rope of(ModelConfig config, int dimensions) {
    JsonNode parameters = config.firstObject("rope_parameters", "rope_scaling");
    double theta = parameters.path("rope_theta").asDouble(config.number("rope_theta", 10000));
    String type = parameters.path("rope_type").asText(parameters.path("type").asText("default"));
    config.refuseUnless(
        type.equals("default"), "rope type \"" + type + "\" is not supported; supported: default");
    float[] frequencies = new float[dimensions / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / dimensions;
      frequencies[i] = 1f / (float) Math.pow(theta, exponent);
    }
    return new Rope(frequencies, 1);
  }

  /** Cosines and sines for positions 0 to tokens - 1, each row its d/2 angles twice. */
  List<Architecture.Table> tables(int tokens) {
    int half = frequencies.length;
    float[] cosines = new float[tokens * 2 * half];
    float[] sines = new float[tokens * 2 * half];
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < 2 * half; i++) {
        float angle = t * frequencies[i % half];
        cosines[t * 2 * half + i] = (float) (Math.cos(angle) * scale);
        sines[t * 2 * half + i] = (float) (Math.sin(angle) * scale);
      }
    }
    return List.of(
        new Architecture.Table(tokens, 2 * half, cosines),
        new Architecture.Table(tokens, 2 * half, sines));
  }
}
