package lethe.resident;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import lethe.model.HfFolder;
import lethe.model.Network;
import lethe.model.Parameters;
import org.apache.spark.TaskContext;

/**
 * A model that does not change, in this process's memory: the first task that needs it reads it,
 * and it stays for the next ones until others or a training need the room. One piece of work runs
 * at a time: it has all threads, and waits for nothing but the processor. No graph is recorded.
 */
public final class ResidentModel {
  /** Two, so that a model can be compared with another. */
  private static final int MOST = 2;

  /** Least recently used first; guarded by the class's lock, like all work on the models in it. */
  private static final Map<ModelKey, ResidentModel> LOADED = new LinkedHashMap<>(4, 0.75f, true);

  private final Network network;
  private final Parameters weights;
  private final Optional<TokenText> text;

  private ResidentModel(ModelKey key) {
    TaskContext task = TaskContext.get();
    network =
        new Network(
            key.source().architecture(),
            task == null ? key.compute().on() : key.compute().on(task.resources()));
    try {
      weights = key.source().parameters(network);
      HfFolder folder = key.source().open();
      text = folder.hasTokenizer() ? Optional.of(new TokenText(folder)) : Optional.empty();
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  /** Works with a model, reading it first if it is not here. */
  public static synchronized <T> T with(ModelKey key, Function<ResidentModel, T> work) {
    ResidentModel model = load(key);
    return Network.withoutGraph(() -> work.apply(model));
  }

  /** Works with two models at once. */
  public static synchronized <T> T with(
      ModelKey first, ModelKey second, BiFunction<ResidentModel, ResidentModel, T> work) {
    ResidentModel one = load(first);
    ResidentModel other = load(second); // room for two: the first stays
    return Network.withoutGraph(() -> work.apply(one, other));
  }

  /** Lets go of every model: a training is about to need the memory. */
  public static synchronized void clear() {
    LOADED.values().forEach(ResidentModel::close);
    LOADED.clear();
  }

  public Network network() {
    return network;
  }

  public Parameters weights() {
    return weights;
  }

  /** Its tokenizer, if its folder has one. */
  public Optional<TokenText> text() {
    return text;
  }

  private static ResidentModel load(ModelKey key) {
    ResidentModel model = LOADED.get(key);
    if (model == null) {
      Iterator<ResidentModel> eldest = LOADED.values().iterator();
      while (LOADED.size() >= MOST) {
        ResidentModel unused = eldest.next();
        eldest.remove();
        unused.close();
      }
      model = new ResidentModel(key);
      LOADED.put(key, model);
    }
    return model;
  }

  private void close() {
    text.ifPresent(TokenText::close);
    network.close();
  }
}
