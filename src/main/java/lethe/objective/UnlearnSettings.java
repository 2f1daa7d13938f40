package lethe.objective;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import lethe.settings.Section;
import lethe.target.Split;

/**
 * What unlearning minimises: the section {@code unlearn}.
 *
 * @param method the formulas
 * @param forgetWeight of the forget term; 0 leaves it out
 * @param retainWeights of the retain term by split, where the user gives one; at least 0
 * @param retainBound most that the retain terms may be above what they are for the original, nats
 * @param retainBoundRate with which their weights follow, per nat and step, greater than 0
 * @param sharpnessRadius how far weights are moved before the forget term's gradient is taken; 0:
 *     not at all
 * @param taskVectorScale how many times a task vector is taken off, greater than 0; not a number
 *     where it follows from the target
 * @param scaledToTarget whether it is as many times as bring the forget loss to the target
 * @param initialWeights Hugging Face folder of the weights to begin with, where they are not the
 *     original's
 * @param startNoise share of noise in the matrices to begin with, from 0 to 1
 * @param reference the model that reference predictions come from
 * @param reinforcedModel Hugging Face folder of the model that knows the forget split better
 * @param replacements file of terms and what stands for each, where a term replaces them
 * @param rejections file of sentences that refuse an answer, where they are not the built-in ones
 * @param repeatedText whose tokens are learnt again and again, where a term learns them
 * @param pairing of examples to forget with kept ones
 * @param terms parameters of the formulas
 * @param loweredToTarget whether the labels of {@link Undial} are to have the target's loss; the
 *     terms' own are not lowered then
 * @param stored how labels are made before training, where the method learns such
 * @param chunkCap of the texts to forget, where it is a number
 * @param cappedAtTarget whether the cap of a text is its domain's target and the band
 */
public record UnlearnSettings(
    Method method,
    double forgetWeight,
    Map<String, Double> retainWeights,
    Optional<Double> retainBound,
    double retainBoundRate,
    double sharpnessRadius,
    double taskVectorScale,
    boolean scaledToTarget,
    Optional<String> initialWeights,
    double startNoise,
    Reference reference,
    Optional<String> reinforcedModel,
    Optional<String> replacements,
    Optional<String> rejections,
    String repeatedText,
    Pairing pairing,
    TermSettings terms,
    boolean loweredToTarget,
    StoredLabelSettings stored,
    ChunkCap chunkCap,
    boolean cappedAtTarget) {
  /** What a parameter may be in place of a number that follows from the target. */
  static final String TARGET = "target";

  private static final String SCALE = "task-vector-scale";
  private static final String CHUNK_CAP = "chunk-cap-nats";

  /** Which model is the reference: the choice matters when a run starts from an unlearned model. */
  public enum Reference {
    /** {@code model.path}. */
    ORIGINAL,
    /** The weights that this run starts from. */
    START
  }

  /** Whether a name is that of a method that makes no steps. */
  public static boolean isUntrained(String method) {
    return method.equals(Forget.TASK_VECTOR.spelling());
  }

  /** Reads {@code unlearn}. */
  public static UnlearnSettings read(Section root) {
    Section unlearn = root.section("unlearn");
    Method method = method(unlearn);
    TermSettings terms = TermSettings.read(unlearn);
    UnlearnSettings settings =
        new UnlearnSettings(
            method,
            unlearn.doubleInRange("forget-weight", 0, 1e9),
            weights(unlearn.section("retain-weights")),
            unlearn.optionalNumber("retain-bound", 0, 1e6),
            unlearn.doubleInRange("retain-bound-rate", 1e-9, 1e9),
            unlearn.doubleInRange("sharpness-radius", 0, 1e6),
            unlearn.numberOr(TARGET, SCALE, 1e-9, 1e6).orElse(Double.NaN),
            unlearn.isWord(SCALE, TARGET),
            unlearn.optionalText("initial-weights"),
            unlearn.doubleInRange("start-noise", 0, 1),
            unlearn.choice("reference", Reference.class),
            unlearn.optionalText("reinforced-model"),
            unlearn.optionalText("replacements"),
            unlearn.optionalText("rejections"),
            unlearn.string("jsd-text"),
            unlearn.choice("pairing", Pairing.class),
            terms,
            TermSettings.toTarget(unlearn) && method.forget().lowersTheTruth(),
            StoredLabelSettings.read(unlearn, terms, method.forget()),
            chunkCap(unlearn),
            unlearn.isWord(CHUNK_CAP, TARGET));
    settings.check(unlearn);
    return settings;
  }

  /** The roles of the splits, as far as they do not depend on the target. */
  public List<Role> roles() {
    return roles(terms, chunkCap);
  }

  /**
   * The roles of the splits.
   *
   * @param settled the parameters of the formulas
   * @param cap of the texts to forget
   */
  public List<Role> roles(TermSettings settled, ChunkCap cap) {
    return method.roles(forgetWeight, retainWeights, settled, cap);
  }

  private void check(Section unlearn) {
    if (method.forget().needsReinforcedModel() && reinforcedModel.isEmpty()) {
      unlearn.problem(
          "reinforced-model",
          "must be set for "
              + method.name()
              + "; it takes the folder of a model finetuned on forget");
    }
    if (method.forget() == Forget.WHOS_HARRY_POTTER && replacements.isEmpty()) {
      unlearn.problem(
          "replacements",
          "must be set for %s; it takes a file with a term, a tab and its generic replacement a line; generic-predictions needs none"
              .formatted(method.name()));
    }
    if (!method.trains()) {
      checkUntrained(unlearn);
      return;
    }
    if (method.forget().needsCap() && !unlearn.has("cap-nats")) {
      unlearn.problem(
          "cap-nats", "must be set for " + method.name() + "; it takes a number of nats per token");
    }
    if (method.forget().learnsAnotherText() && (chunkCap.any() || cappedAtTarget)) {
      unlearn.problem(
          CHUNK_CAP,
          "is a loss on the text to forget, of which %s takes none; leave it at null"
              .formatted(method.name()));
    }
    if (retainBound.isPresent() && method.retain().isEmpty()) {
      unlearn.problem(
          "retain-bound",
          "is a bound on a retain term, and %s has none; leave it at null, or add one, as %s+kl"
              .formatted(method.name(), method.forget().spelling()));
    }
    if (retainBound.isPresent() && method.retain().filter(r -> !r.boundable()).isPresent()) {
      unlearn.problem(
          "retain-bound",
          "can bound %s only, was given with %s".formatted(Retain.boundableNames(), method.name()));
    }
    if (forgetWeight == 0 && method.retain().isEmpty()) {
      unlearn.problem(
          "forget-weight",
          "is 0, and %s keeps nothing, so there is nothing to train on; add a retain term, as %s+kl"
              .formatted(method.name(), method.forget().spelling()));
    }
    if (forgetWeight == 0 && retainBound.isPresent()) {
      unlearn.problem(
          "retain-bound",
          "weighs keeping against forgetting, and unlearn.forget-weight is 0; leave it at null");
    }
    if (forgetWeight == 0 && sharpnessRadius > 0) {
      unlearn.problem(
          "sharpness-radius",
          "moves weights by the forget term's gradient, and unlearn.forget-weight is 0; set it to 0");
    }
    if (method.trains()
        && method.retain().isPresent()
        && roles().stream().allMatch(Role::forgets)) {
      unlearn.problem(
          "retain-weights",
          "must be above 0 for a split that "
              + method.retain().get().spelling()
              + " keeps, was 0 for all; to keep none, set unlearn.method="
              + method.forget().spelling());
    }
  }

  /** Checks a method that makes no step: nothing that weighs or steers steps may be set. */
  private void checkUntrained(Section unlearn) {
    String name = method.forget().spelling();
    if (method.retain().isPresent()) {
      unlearn.problem(
          "method",
          "%s changes weights without training, so %s could not keep anything; set unlearn.method=%1$s, and train what is to be kept afterwards from its model"
              .formatted(name, method.retain().get().spelling()));
    }
    Map<String, Boolean> steering = new TreeMap<>();
    steering.put("retain-weights", !retainWeights.isEmpty());
    steering.put("retain-bound", retainBound.isPresent());
    steering.put("forget-weight", forgetWeight != 1);
    steering.put("start-noise", startNoise > 0);
    steering.put("sharpness-radius", sharpnessRadius > 0);
    steering.put(CHUNK_CAP, chunkCap.any() || cappedAtTarget);
    steering.forEach(
        (key, set) -> {
          if (set) {
            unlearn.problem(
                key,
                "is for methods that train, and %s does not; leave it out, unlearn.task-vector-scale says how much is forgotten"
                    .formatted(name));
          }
        });
  }

  private static ChunkCap chunkCap(Section unlearn) {
    OptionalDouble nats =
        unlearn.has(CHUNK_CAP)
            ? unlearn.numberOr(TARGET, CHUNK_CAP, 1e-6, 1e6)
            : OptionalDouble.empty();
    return nats.isPresent() ? new ChunkCap(nats.getAsDouble(), Map.of()) : ChunkCap.NONE;
  }

  private static Method method(Section unlearn) {
    String name = unlearn.string("method");
    try {
      return Method.of(name);
    } catch (IllegalArgumentException e) {
      if (!name.isEmpty()) {
        unlearn.problem("method", "must be a method: " + e.getMessage());
      }
      return Method.of("gradient-ascent");
    }
  }

  private static Map<String, Double> weights(Section section) {
    section.allowOnly(Split.RETAIN.key(), Split.GENERAL.key());
    Map<String, Double> weights = new TreeMap<>();
    for (String split : section.keys()) {
      section.optionalNumber(split, 0, 1e9).ifPresent(weight -> weights.put(split, weight));
    }
    return weights;
  }
}
