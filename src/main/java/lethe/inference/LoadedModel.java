package lethe.inference;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import lethe.folder.DaemonThread;
import lethe.model.checkpoint.HfFolder;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Graph;
import org.apache.spark.TaskContext;

/**
 * A model that does not change, in this process's memory: the first task that needs it reads it,
 * and it stays in memory for later tasks until other models or a training need the space. One piece
 * of work runs at a time, all in one dedicated thread, whichever task it is for: OpenMP keeps a
 * team of threads for each calling thread, and the teams of several tasks would compete for the
 * cores. No graph is recorded.
 */
public final class LoadedModel {
  /** Two, so that a model can be compared with another; more where work asks for them. */
  private static final int MOST_MODELS = 2;

  /**
   * The thread that does the work; null while no model is loaded, so that no team of threads
   * competes with a training.
   */
  private static ExecutorService thread;

  /** Least recently used first; only that thread touches it and the models in it. */
  private static final Map<ModelKey, LoadedModel> LOADED = new LinkedHashMap<>(4, 0.75f, true);

  private final Network network;
  private final Parameters weights;
  private final Optional<ModelTokenizer> text;

  private LoadedModel(ModelKey key, TaskContext task) {
    network =
        new Network(
            key.source().architecture(),
            task == null ? key.compute().on() : key.compute().on(task.resources()));
    try {
      weights =
          key.noise() > 0
              ? key.source().noised(network, key.noise(), key.seed())
              : key.source().parameters(network, key.quantization());
      HfFolder folder = key.source().open();
      text = folder.hasTokenizer() ? Optional.of(new ModelTokenizer(folder)) : Optional.empty();
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  /** Runs work with a model, loading it first if necessary. */
  public static <T> T with(ModelKey key, Function<LoadedModel, T> work) {
    TaskContext task = TaskContext.get();
    return inTurn(
        () -> {
          LoadedModel model = load(key, task);
          return Graph.withoutGraph(() -> work.apply(model));
        });
  }

  /** Runs work with two models at once. */
  public static <T> T with(
      ModelKey first, ModelKey second, BiFunction<LoadedModel, LoadedModel, T> work) {
    TaskContext task = TaskContext.get();
    return inTurn(
        () -> {
          LoadedModel one = load(first, task);
          LoadedModel other = load(second, task); // room for two: the first stays
          return Graph.withoutGraph(() -> work.apply(one, other));
        });
  }

  /** Runs work with several models at once, which all stay in memory until others are needed. */
  public static <T> T with(List<ModelKey> keys, Function<List<LoadedModel>, T> work) {
    TaskContext task = TaskContext.get();
    return inTurn(
        () -> {
          List<LoadedModel> models = new ArrayList<>();
          for (ModelKey key : keys) {
            models.add(load(key, task, Math.max(MOST_MODELS, keys.size())));
          }
          return Graph.withoutGraph(() -> work.apply(models));
        });
  }

  /** Frees every model, because a training is about to need the memory. */
  public static synchronized void clear() {
    if (thread != null) {
      result(
          thread.submit(
              () -> {
                LOADED.values().forEach(LoadedModel::close);
                LOADED.clear();
                LoadedEncoder.closeAll();
                return null;
              }));
      thread.shutdown();
      thread = null;
    }
  }

  /** Runs work in the one thread in which models compute. */
  static <T> T inTurn(Supplier<T> work) {
    Future<T> turn;
    synchronized (LoadedModel.class) {
      if (thread == null) {
        thread = Executors.newSingleThreadExecutor(DaemonThread.named("loaded model"));
      }
      turn = thread.submit(work::get);
    }
    return result(turn);
  }

  private static <T> T result(Future<T> turn) {
    try {
      return turn.get();
    } catch (InterruptedException e) { // Spark ends the task; the work runs to its end
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a model works", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  public Network network() {
    return network;
  }

  public Parameters weights() {
    return weights;
  }

  /** Its tokenizer, if its folder has one. */
  public Optional<ModelTokenizer> text() {
    return text;
  }

  private static LoadedModel load(ModelKey key, TaskContext task) {
    return load(key, task, MOST_MODELS);
  }

  private static LoadedModel load(ModelKey key, TaskContext task, int most) {
    LoadedModel model = LOADED.get(key);
    if (model == null) {
      Iterator<LoadedModel> eldest = LOADED.values().iterator();
      while (LOADED.size() >= most) {
        LoadedModel unused = eldest.next();
        eldest.remove();
        unused.close();
      }
      model = new LoadedModel(key, task);
      LOADED.put(key, model);
    }
    return model;
  }

  private void close() {
    text.ifPresent(ModelTokenizer::close);
    network.close();
  }
}
