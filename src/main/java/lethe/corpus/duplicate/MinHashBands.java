package lethe.corpus.duplicate;

import java.io.Serializable;

/**
 * How MinHash values are laid in bands. Two texts with Jaccard similarity s agree in one value with
 * chance s, in all rows of one band with s^r, and in at least one of b bands, which makes them
 * candidates, with
 *
 * <pre>  P(s) = 1 - (1 - s^r)^b  </pre>
 *
 * an S-shaped curve (Broder, "On the resemblance and containment of documents", 1997; Leskovec et
 * al., "Mining of Massive Datasets", section 3.4). Candidates are compared exactly afterwards, so
 * that the curve decides only what is missed.
 *
 * @param rows values a band, r
 * @param count bands, b
 */
public record MinHashBands(int rows, int count) implements Serializable {
  /** MinHash values per document. */
  static final int VALUES = 128;

  /** Chance with which two texts at the threshold become candidates, at least. */
  public static final double RECALL = 0.98;

  /** The most rows, that is the fewest false candidates, with {@link #RECALL} at a threshold. */
  public static MinHashBands at(double threshold) {
    int rows = 1;
    while (of(rows + 1).found(threshold) >= RECALL) {
      rows++;
    }
    return of(rows);
  }

  private static MinHashBands of(int rows) {
    return new MinHashBands(rows, VALUES / rows);
  }

  /** The chance that two texts of this similarity become candidates. */
  public double found(double similarity) {
    return 1 - Math.pow(1 - Math.pow(similarity, rows), count);
  }
}
