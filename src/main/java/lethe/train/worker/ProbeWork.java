package lethe.train.worker;

import java.util.ArrayList;
import java.util.List;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.network.Parameters;
import lethe.train.gradient.ShardTree;
import lethe.train.plan.PlanReader;

/** The probe chunks of one worker's shards: read once and scored repeatedly. */
final class ProbeWork {
  private final MicroBatch microBatch;
  private final List<List<List<Example>>> batches = new ArrayList<>();

  /**
   * Reads the probe chunks, which come before the rows of the first step.
   *
   * @param worker from 0
   */
  ProbeWork(WorkerTask.WorkerSpec spec, PlanReader plan, MicroBatch microBatch, int worker) {
    this.microBatch = microBatch;
    ShardTree tree = new ShardTree(spec.shards());
    int end = tree.firstShard(worker + 1, spec.workers());
    for (int shard = tree.firstShard(worker, spec.workers()); shard < end; shard++) {
      for (int domain = 0; domain < spec.domains().size(); domain++) {
        List<List<Example>> own = new ArrayList<>();
        for (List<Example> batch = plan.nextProbe(shard, domain, spec.microBatch());
            !batch.isEmpty();
            batch = plan.nextProbe(shard, domain, spec.microBatch())) {
          own.add(batch);
        }
        batches.add(own);
      }
    }
  }

  /** The summed loss of each shard and domain, nats. */
  double[] losses(Parameters weights) {
    double[] sums = new double[batches.size()];
    for (int i = 0; i < sums.length; i++) {
      for (List<Example> batch : batches.get(i)) {
        for (double nll : microBatch.score(batch, weights)) {
          sums[i] += nll;
        }
      }
    }
    return sums;
  }
}
