package lethe.train.plan;

import java.util.Comparator;

/**
 * The place of a chunk in every probe.
 *
 * @param shard of the tree, from 0
 * @param domain its number among those to forget, from 0
 * @param place within the probe, from 0
 */
record ProbeKey(int shard, int domain, int place) implements RowKey {
  static final Comparator<ProbeKey> ORDER =
      Comparator.comparingInt(ProbeKey::shard)
          .thenComparingInt(ProbeKey::domain)
          .thenComparingInt(ProbeKey::place);

  @Override
  public String toString() {
    return "the probe, shard %d, domain %d".formatted(shard, domain);
  }
}
