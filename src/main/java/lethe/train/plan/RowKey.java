package lethe.train.plan;

import java.io.Serializable;

/**
 * The place of a row among a worker's rows; its order is the order of use: first the probes, which
 * are read once, then the steps.
 */
public sealed interface RowKey extends Comparable<RowKey>, Serializable permits ProbeKey, PlanKey {
  /** Shard of the tree, from 0: it decides which worker has the row. */
  int shard();

  @Override
  default int compareTo(RowKey other) {
    if (this instanceof PlanKey own && other instanceof PlanKey theirs) {
      return PlanKey.ORDER.compare(own, theirs);
    }
    if (this instanceof ProbeKey own && other instanceof ProbeKey theirs) {
      return ProbeKey.ORDER.compare(own, theirs);
    }
    return this instanceof ProbeKey ? -1 : 1;
  }
}
