package lethe.corpus.duplicate;

import java.util.Locale;

/**
 * How much two texts, as sets A and B of runs of words, have in common.
 *
 * <pre>  jaccard = |A and B| / |A or B|   contained = |A and B| / |A|   excerpt = |A and B| / |B|
 * </pre>
 *
 * @param kind how they repeat each other, or null if they do not
 * @param jaccard 0 to 1
 * @param contained how much of the first is in the second, 0 to 1
 * @param excerpt how much of the second is in the first, 0 to 1
 */
record Similarity(Kind kind, double jaccard, double contained, double excerpt) {

  /** In order of strength. */
  enum Kind {
    /** The same words in the same order. */
    EXACT,
    /** Jaccard similarity at the threshold or above. */
    NEAR,
    /** The second contains at least the threshold's share of the first. */
    CONTAINED,
    /** The first contains at least the threshold's share of the second. */
    EXCERPT;

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Of two texts that are not exact copies.
   *
   * @param a, b of {@link ShingleSet#bytes}
   */
  static Similarity of(byte[] a, byte[] b, DuplicateSettings settings) {
    int common = ShingleSet.common(a, b);
    int own = a.length / Long.BYTES;
    int others = b.length / Long.BYTES;
    double jaccard = share(common, own + others - common);
    double contained = share(common, own);
    double excerpt = share(common, others);
    Kind kind = null;
    if (jaccard >= settings.jaccardThreshold()) {
      kind = Kind.NEAR;
    } else if (contained >= settings.containmentThreshold()) {
      kind = Kind.CONTAINED;
    } else if (excerpt >= settings.excerptThreshold()) {
      kind = Kind.EXCERPT;
    }
    return new Similarity(kind, jaccard, contained, excerpt);
  }

  private static double share(int common, int all) {
    return all == 0 ? 0 : (double) common / all;
  }
}
