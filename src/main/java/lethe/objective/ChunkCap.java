package lethe.objective;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;

/**
 * A mean loss from which a whole text to forget has no gradient any more, whatever the term: while
 * a mean over documents is steered, no single one is pushed on. Under a term whose views have
 * several texts, the first counts.
 *
 * <p>{@link CappedAscent} has one of its own, beside that of single tokens.
 *
 * @param nats mean over the scored tokens of a text, nats per token; infinite for none
 * @param domains the same by domain, where a domain has its own
 */
public record ChunkCap(double nats, Map<String, Double> domains) implements Serializable {
  /** No text is ever left alone. */
  public static final ChunkCap NONE = new ChunkCap(Double.POSITIVE_INFINITY, Map.of());

  public ChunkCap {
    domains = new TreeMap<>(domains);
  }

  /** The cap of a domain's texts, nats per token. */
  public double of(String domain) {
    return domains.getOrDefault(domain, nats);
  }

  /** Whether any text has a cap. */
  public boolean any() {
    return !equals(NONE);
  }
}
