package lethe.evaluate;

import java.util.List;
import lethe.inference.ComputeSettings;
import lethe.model.network.Architecture;
import lethe.model.network.Parameters;

/**
 * The memory outside the heap that an executor takes while models are evaluated, from the shapes
 * alone.
 *
 * <pre>
 * models     the two that were used last: 4 bytes an element, or as {@link Parameters#bytes} has it
 * encoders   4 bytes an element of each; they judge answers and stay beside the models
 * passes     the largest of what one layer makes of a pass, with its attention's scores where all are in memory, and the logits of a piece
 * libraries  as in a training
 * </pre>
 *
 * No layer is kept for a backward pass. Caches of keys and values are not counted: they grow with
 * the answers.
 *
 * @param models bytes
 * @param encoders bytes
 * @param passes bytes
 */
public record EvaluationMemory(long models, long encoders, long passes) {
  private static final int MODELS = 2;

  /**
   * Values per token and unit of width D that a layer has at once, with a feed-forward block of the
   * usual width 4D: what goes in, its norm, a product of width 8D, the activation and what is
   * multiplied by it, 4D each.
   */
  private static final long ACTIVATIONS = 1 + 1 + 8 + 4 + 4;

  /** Scores, shares, and of encoders that look at distances two more. */
  private static final long SCORES = 4;

  /** Copies of a piece's logits. */
  private static final long LOGITS = 3;

  private static final long LIBRARIES = 120L << 20;

  /**
   * @param architecture of the models that are evaluated
   * @param encoders of the networks that judge answers
   * @param tokens of the longest chunk
   */
  public static EvaluationMemory of(
      Architecture architecture,
      List<Architecture> encoders,
      EvaluateSettings settings,
      int tokens) {
    return of(architecture, encoders, settings.compute(), settings.microBatch(), tokens);
  }

  /**
   * @param architecture of the models that are evaluated
   * @param encoders of the networks that judge answers
   * @param compute how the models compute; encoders do so in float32
   * @param microBatch chunks per forward pass
   * @param tokens of the longest chunk
   */
  static EvaluationMemory of(
      Architecture architecture,
      List<Architecture> encoders,
      ComputeSettings compute,
      int microBatch,
      int tokens) {
    long passes =
        Math.max(
            layer(architecture, microBatch, tokens),
            4 * LOGITS * Scorer.PIECE * architecture.vocabulary());
    long judges = 0;
    for (Architecture encoder : encoders) {
      judges += Parameters.bytes(encoder, compute.exact().precision());
      passes = Math.max(passes, layer(encoder, 1, encoder.context().tokens()));
    }
    return new EvaluationMemory(
        MODELS * Parameters.bytes(architecture, compute.precision()), judges, passes);
  }

  /** Bytes that a layer makes of some texts. */
  private static long layer(Architecture architecture, int texts, long tokens) {
    return 4L
        * texts
        * (ACTIVATIONS * tokens * architecture.width()
            + (architecture.heads().scored()
                ? SCORES * tokens * tokens * architecture.heads().queries()
                : 0));
  }

  /** Bytes of all of it. */
  public long bytes() {
    return models + encoders + passes + LIBRARIES;
  }
}
