package lethe.model;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import lethe.folder.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Where a model is read from, in a form that travels to other processes.
 *
 * @param path a Hugging Face folder
 * @param hadoop settings of its file system that differ from the defaults
 */
public record ModelSource(String path, Map<String, String> hadoop) implements Serializable {
  public ModelSource {
    hadoop = new HashMap<>(hadoop); // a plain map, which every serializer knows
  }

  /** The path alone: the settings may hold credentials, and this may end up in a log. */
  @Override
  public String toString() {
    return "ModelSource[" + path + "]";
  }

  /** Opens the folder. */
  public HfFolder open() {
    Configuration configuration = new Configuration();
    hadoop.forEach(configuration::set);
    return HfFolder.open(new Path(path), new Files(configuration));
  }

  /**
   * The network that config.json describes.
   *
   * @throws lethe.settings.InvalidSettings naming what is not supported
   */
  public Architecture architecture() {
    HfFolder folder = open();
    return Architecture.of(
        new ModelConfig(new Path(folder.path(), "config.json").toString(), folder.config()));
  }

  /**
   * Checks that the weights are those of the network, tensor by tensor.
   *
   * @throws lethe.settings.InvalidSettings naming every tensor that is not as it should be
   */
  public void check(Architecture architecture) {
    weights(architecture).check(architecture.tensors(), architecture.ignorable());
  }

  /**
   * Checks the same without reading a value: within a second, however large the model.
   *
   * @throws lethe.settings.InvalidSettings naming every tensor that is not as it should be
   */
  public void checkHeaders(Architecture architecture) {
    weights(architecture).checkHeaders(architecture.tensors(), architecture.ignorable());
  }

  /** Reads the weights onto a network's device. */
  public Parameters parameters(Network network) {
    Parameters parameters = network.newParameters();
    read(network.architecture(), parameters::write);
    return parameters;
  }

  /** Takes pieces of the flat parameter vector. */
  @FunctionalInterface
  public interface Sink {
    /**
     * @param offset in the flat vector of the first value
     * @param values {@code count} of them, from {@code from}
     */
    void write(long offset, float[] values, int from, int count);
  }

  /** Reads the weights as one flat vector, in ascending pieces. */
  public void read(Architecture architecture, Sink sink) {
    Weights weights = weights(architecture);
    float[] piece = new float[1 << 18];
    long offset = 0;
    for (NamedShape tensor : architecture.tensors()) {
      for (long from = 0; from < tensor.elements(); from += piece.length) {
        int count = (int) Math.min(piece.length, tensor.elements() - from);
        weights.read(tensor.name(), from, piece, 0, count);
        sink.write(offset + from, piece, 0, count);
      }
      offset += tensor.elements();
    }
  }

  private Weights weights(Architecture architecture) {
    return open().weights().under(architecture.prefix());
  }
}
