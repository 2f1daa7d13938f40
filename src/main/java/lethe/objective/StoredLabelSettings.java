package lethe.objective;

import java.util.Optional;
import lethe.settings.Section;

/**
 * How labels are made once, before training: the mean prediction of copies of a frozen model.
 *
 * <pre>
 *   q = (1/K) sum_k softmax(z_k / T),   z_k of the teacher with W + sigma s N_k in place of W
 * </pre>
 *
 * @param teacher Hugging Face folder of that model, where it is not the reference
 * @param copies K, at least 1
 * @param noise sigma of its matrices, in their standard deviations s; at least 0
 * @param seed of the noise
 * @param context c, the most tokens before one that the copies predict it from, at least 1; all of
 *     the text where it is empty
 * @param temperature T of their logits, greater than 0
 * @param likeliest other tokens than the true one that are told apart, at least 1
 * @param byQuantiles whether the losses of true tokens are made those of unseen text; otherwise
 *     their probabilities are multiplied by the factor of {@link CalibratedPredictions}
 */
public record StoredLabelSettings(
    Optional<String> teacher,
    int copies,
    double noise,
    long seed,
    Optional<Integer> context,
    double temperature,
    int likeliest,
    boolean byQuantiles) {
  /** What the factor may be in place of a number. */
  static final String QUANTILES = "quantiles";

  static final String FACTOR = "calibrated-factor";

  static StoredLabelSettings read(Section unlearn, TermSettings terms, Forget forget) {
    StoredLabelSettings settings =
        new StoredLabelSettings(
            unlearn.optionalText("teacher"),
            unlearn.count("stored-copies", 1),
            unlearn.doubleInRange("stored-noise", 0, 1e6),
            unlearn.longInRange("stored-seed", Long.MIN_VALUE, Long.MAX_VALUE),
            unlearn.optionalCount("stored-context", 1),
            terms.calibrated().temperature(),
            unlearn.count("stored-top-k", 1),
            unlearn.isWord(FACTOR, QUANTILES));
    if (forget == Forget.STORED_LABELS && settings.copies > 1 && settings.noise == 0) {
      unlearn.problem(
          "stored-copies",
          "must be 1 without noise, by which copies differ, was %d; set it to 1, or unlearn.stored-noise above 0"
              .formatted(settings.copies));
    }
    if (forget == Forget.CALIBRATED && settings.byQuantiles) {
      unlearn.problem(
          FACTOR,
          "can be quantiles only where labels are made once, and calibrated makes them at every step; set a number, or unlearn.method to stored-labels or stored-labels+kl");
    }
    if (forget != Forget.STORED_LABELS && settings.teacher.isPresent()) {
      unlearn.problem(
          "teacher",
          "is for stored-labels, whose labels it makes before training; leave it at null, or set unlearn.method to stored-labels+kl");
    }
    return settings;
  }

  /**
   * Most models that are needed at once: the copies, and the original, with which the cut is
   * measured.
   */
  public int models() {
    return noise == 0 && teacher.isEmpty() ? 1 : copies + 1;
  }

  /** What decides the labels as they are made, besides the models and the chunks. */
  public String identity() {
    return "%d copies, noise %s, seed %d, %stemperature %s, %d others"
        .formatted(
            copies,
            noise,
            noise == 0 ? 0 : seed,
            context.map(tokens -> "context %d, ".formatted(tokens)).orElse(""),
            temperature,
            likeliest);
  }
}
