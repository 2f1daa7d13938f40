package lethe.train;

import ai.djl.Device;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import lethe.model.ModelSource;
import lethe.model.Network;
import lethe.model.Parameters;

/**
 * A model that does not change, in this process's memory while some task uses it: the first task
 * reads it, the last one lets go of it. One piece of work runs at a time and has all threads.
 */
final class LoadedModel implements AutoCloseable {
  /** Guarded by the class's lock, like all work on the models in it. */
  private static final Map<ModelSource, LoadedModel> LOADED = new HashMap<>();

  private final ModelSource source;
  private final Network network;
  private final Parameters weights;
  private int users;

  private LoadedModel(ModelSource source, int threads) {
    this.source = source;
    this.network = new Network(source.architecture(), Device.cpu(), threads);
    try {
      this.weights = source.parameters(network);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  /**
   * The model of a folder; close it when done.
   *
   * @param threads for matrix products, if it is not loaded yet
   */
  static LoadedModel open(ModelSource source, int threads) {
    synchronized (LoadedModel.class) {
      LoadedModel model = LOADED.computeIfAbsent(source, s -> new LoadedModel(s, threads));
      model.users++;
      return model;
    }
  }

  /** Works with it, without recording a graph. */
  <T> T with(BiFunction<Network, Parameters, T> work) {
    synchronized (LoadedModel.class) {
      return Network.withoutGraph(() -> work.apply(network, weights));
    }
  }

  @Override
  public void close() {
    synchronized (LoadedModel.class) {
      users--;
      if (users == 0) {
        LOADED.remove(source);
        network.close();
      }
    }
  }
}
