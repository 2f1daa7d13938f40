package lethe.model;

import java.io.Serializable;
import java.util.Optional;
import java.util.Set;
import lethe.model.adapter.AdaptedNetwork;
import lethe.model.adapter.Adapter;
import lethe.model.adapter.AdapterStart;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;

/**
 * The network that is trained and the weights that it begins with, in a form that can be sent to
 * other processes.
 *
 * @param model whose config.json describes the network
 * @param start the weights to begin with
 * @param adapter that is laid over the network; null for none
 * @param adapterSeed of the adapter's random start
 */
public record TrainedModel(ModelSource model, StartWeights start, Adapter adapter, long adapterSeed)
    implements Serializable {
  /** The network without the adapter. */
  public Architecture base() {
    return model.architecture();
  }

  /**
   * The network with the adapter, if there is one.
   *
   * @throws lethe.settings.InvalidSettings when the adapter does not fit the network
   */
  public Optional<AdaptedNetwork> adapted() {
    return Optional.ofNullable(adapter).map(a -> AdaptedNetwork.of(base(), a));
  }

  /** The network that is trained. */
  public Architecture architecture() {
    return adapted().map(AdaptedNetwork::architecture).orElseGet(this::base);
  }

  /** The weights to begin with that are trained, under the names of the network's tensors. */
  public TensorSource tensors() {
    return withAdapter(start.tensors());
  }

  /** The weights to begin with that are not trained, under the names of the network's tensors. */
  public TensorSource untrained() {
    return withAdapter(start.untrained());
  }

  private TensorSource withAdapter(TensorSource weights) {
    Optional<AdaptedNetwork> network = adapted();
    if (network.isEmpty()) {
      return weights;
    }
    Set<String> own = network.get().names();
    TensorSource beside = new AdapterStart(network.get(), adapterSeed);
    return (name, from, to, offset, count) ->
        (own.contains(name) ? beside : weights).read(name, from, to, offset, count);
  }

  /**
   * Whether each worker reads the weights to begin with from where they lie. Those of an adapter
   * are few, and random ones and noise take longer to draw than to send: the driver sends these.
   */
  public boolean readByWorkers() {
    return adapter == null && start.asTheyAre();
  }

  /**
   * Writes the weights to begin with that are not trained into a network's parameters.
   *
   * @param trained names of the tensors that are
   */
  public void readUntrained(Set<String> trained, Parameters parameters) {
    TensorSource weights = null;
    float[] piece = new float[1 << 18];
    long offset = 0;
    for (NamedShape tensor : architecture().tensors()) {
      if (!trained.contains(tensor.name())) {
        weights = weights == null ? untrained() : weights;
        for (long from = 0; from < tensor.elements(); from += piece.length) {
          int count = (int) Math.min(piece.length, tensor.elements() - from);
          weights.read(tensor.name(), from, piece, 0, count);
          parameters.write(offset + from, piece, 0, count);
        }
      }
      offset += tensor.elements();
    }
  }

  /**
   * Weights of another model on the device of this one's network, without an adapter.
   *
   * @param source of the weights
   * @param parameters those of this network; their memory is shared where the other model is the
   *     one that the adapter lies over
   */
  public Parameters besides(ModelSource source, Network network, Parameters parameters) {
    return adapter != null && !start.random() && source.equals(start.model())
        ? parameters.sharing(base().elements())
        : source.parameters(network, base());
  }
}
