package lethe.objective;

import lethe.settings.Section;

/**
 * The parameters of the formulas, each used by the terms that have it.
 *
 * @param beta inverse temperature of NPO, SimNPO, DPO and answer preservation, greater than 0
 * @param gamma margin of SimNPO, at least 0
 * @param capNats where capped terms stop for a token, or for a sequence by its mean; greater than
 *     0; infinite when not set
 * @param weightedAscent the term of that name
 * @param satimp the term of that name
 * @param margin the term of that name
 * @param genericAlpha how much of the reinforcement generic predictions subtract, at least 0
 * @param undial the term of that name
 * @param undialAscent weight of the ascent beside its labels, greater than 0
 * @param calibrated its labels
 * @param storedAscent weight of the ascent beside labels that were made once, at least 0
 * @param misdirection the forget term of RMU; its layer is also that of the retain term
 * @param predictions what sampled and soft labels come from
 * @param alternates how answers to be preferred are drawn
 */
public record TermSettings(
    double beta,
    double gamma,
    double capNats,
    WeightedAscent weightedAscent,
    SatImp satimp,
    Margin margin,
    double genericAlpha,
    Undial undial,
    double undialAscent,
    CalibratedPredictions calibrated,
    double storedAscent,
    Misdirection misdirection,
    TruncatedPredictions predictions,
    Alternates alternates) {

  /** Whether undial's beta follows from the target. */
  static boolean toTarget(Section unlearn) {
    return unlearn.isWord("undial-beta", UnlearnSettings.TARGET);
  }

  /** The same with another beta of undial, nats. */
  public TermSettings lowering(double nats) {
    return new TermSettings(
        beta,
        gamma,
        capNats,
        weightedAscent,
        satimp,
        margin,
        genericAlpha,
        new Undial(nats, undial.temperature()),
        undialAscent,
        calibrated,
        storedAscent,
        misdirection,
        predictions,
        alternates);
  }

  static TermSettings read(Section unlearn) {
    return new TermSettings(
        unlearn.doubleInRange("beta", 1e-6, 1e6),
        unlearn.doubleInRange("gamma", 0, 1e6),
        unlearn.optionalNumber("cap-nats", 1e-6, 1e6).orElse(Double.POSITIVE_INFINITY),
        new WeightedAscent(unlearn.doubleInRange("weighted-ascent-beta", 0, 1e6)),
        new SatImp(
            unlearn.doubleInRange("satimp-beta1", 0, 1e6),
            unlearn.doubleInRange("satimp-beta2", 0, 1e6)),
        new Margin(
            unlearn.count("margin-k", 1),
            unlearn.doubleInRange("margin-tau", -1e6, 1e6),
            unlearn.doubleInRange("margin-rho", 1e-6, 1)),
        unlearn.doubleInRange("generic-alpha", 0, 1e6),
        new Undial(
            unlearn.numberOr(UnlearnSettings.TARGET, "undial-beta", 0, 1e6).orElse(0),
            unlearn.doubleInRange("undial-temperature", 1e-3, 1e3)),
        unlearn.doubleInRange("undial-ascent-weight", 1e-9, 1e6),
        new CalibratedPredictions(
            unlearn.isWord(StoredLabelSettings.FACTOR, StoredLabelSettings.QUANTILES)
                ? 1
                : unlearn.doubleInRange(StoredLabelSettings.FACTOR, 1e-9, 1),
            unlearn.doubleInRange("calibrated-temperature", 1e-3, 1e3)),
        unlearn.doubleInRange("stored-ascent-weight", 0, 1e6),
        new Misdirection(
            unlearn.count("rmu-layer", 0),
            unlearn.doubleInRange("rmu-scale", -1e6, 1e6),
            new Misdirection.Drawn(
                unlearn.longInRange("rmu-seed", Long.MIN_VALUE, Long.MAX_VALUE))),
        new TruncatedPredictions(
            unlearn.count("top-k", 1),
            unlearn.doubleInRange("top-p", 1e-6, 1),
            unlearn.choice("true-token", TruncatedPredictions.Truth.class)),
        Alternates.read(unlearn));
  }
}
