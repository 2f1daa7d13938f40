package lethe.train.worker;

import java.security.MessageDigest;
import java.util.HexFormat;
import lethe.folder.Files;
import lethe.model.TrainedModel;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Parameters;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ParameterLayout;
import lethe.train.optimizer.MasterWeights;

/**
 * Reads on a worker, from where the model lies, what need not be sent: the weights that are not
 * trained, and at the first step the others, too. Both are compared with what the driver has read.
 */
final class StartReader {
  private final WorkerTask.WorkerSpec spec;
  private final TrainedModel model;
  private final int worker;

  StartReader(WorkerTask.WorkerSpec spec, int worker) {
    this.spec = spec;
    this.model = spec.model();
    this.worker = worker;
  }

  /**
   * Reads what this worker can.
   *
   * @param step that training is at, from 0
   * @param weights takes it
   * @return whether that is everything, so that the weights of this step need not be fetched
   * @throws InvalidSettings when the weights are not those that the driver has read
   */
  boolean read(int step, Parameters weights) {
    if (!spec.untrained().isEmpty()) {
      untrained(weights);
    }
    boolean all = step == 0 && model.readByWorkers();
    if (all) {
      trained(weights);
    }
    return all;
  }

  private void untrained(Parameters weights) {
    String here = model.start().fingerprint();
    if (!here.equals(spec.untrained())) {
      throw another("fingerprint", here, spec.untrained());
    }
    model.readUntrained(spec.layout().trainedNames(), weights);
  }

  /** Reads the weights that are trained, rounded as if they had been sent. */
  private void trained(Parameters weights) {
    ParameterLayout layout = spec.layout();
    TensorSource source = model.tensors();
    MessageDigest digest = Files.sha256();
    BufferPool pool = new BufferPool();
    for (int bucket = 0; bucket < layout.buckets().count(); bucket++) {
      float[] values = pool.acquire(layout.buckets().length(bucket));
      MasterWeights.load(layout, source, bucket, values);
      MasterWeights.update(digest, values);
      spec.wire().round(values);
      layout.write(bucket, values, weights::write);
      pool.release(values);
    }
    String here = HexFormat.of().formatHex(digest.digest());
    if (!here.equals(spec.start())) {
      throw another("sha256", here, spec.start());
    }
  }

  private InvalidSettings another(String kind, String here, String driver) {
    return new InvalidSettings(
        "Cannot train: the model in %s is another one for worker %d (%s %s) than for the driver (%s); every host must see the same files under this path"
            .formatted(model.start().model().path(), worker, kind, here, driver));
  }
}
