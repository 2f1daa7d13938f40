package lethe.train;

import java.util.Set;
import lethe.loss.MicroBatch;
import lethe.model.adapter.AdaptedNetwork;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.model.network.Parameters;
import lethe.model.torch.Activations;
import lethe.model.torch.Precision;
import lethe.train.exchange.Mailbox;
import lethe.train.exchange.MailboxClient;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ShardTree;

/**
 * The memory that training will need, from the shapes alone. P is the number of trained elements
 * (of an adapter, where there is one), A the number of all elements. Gradients count twice where
 * those of forget terms and retain terms are kept separate.
 *
 * <pre>
 * driver heap      weights 4P, moments 8P (4P with signs), the step's gradient 4P, what a checkpoint copies 4P, the best step's weights 4P,
 *                  and for each worker the window's buckets
 * worker heap      log2(shards it owns), at least one, gradients of 4P, and the buckets under way: a shard's gradient is added
 *                  bucket by bucket as it is read
 * worker native    weights W: 4A, or with bfloat16 2 for each element of a matrix and 4 for any other and for the embedding;
 *                  gradients 4P, W for each frozen model, activations of a pass, the logits of a piece of its positions and
 *                  with them the output matrix's gradient once more, libraries
 * wire             each worker sends its subtrees' gradients and gets the weights: all over the driver's one network card
 * run folder       two checkpoints and the one being written of 12P (8P with signs) each, the best step's weights in each, the model 4A,
 *                  and each model kept on the way: 4P of an adapter, else 4A
 * </pre>
 *
 * @param driverHeap bytes
 * @param workerHeap bytes
 * @param workerNative bytes, an estimate: activations depend on what the libraries keep;
 *     jobs/memory.sh compares it with what a training takes
 * @param wire bytes per step
 * @param runFolder bytes
 */
public record MemoryBudget(
    long driverHeap, long workerHeap, long workerNative, long wire, long runFolder) {
  /**
   * Activations per token, layer and unit of width D that a decoder layer keeps for its backward
   * pass, as if all were float32, counted for a feed-forward block of the usual width 4D:
   *
   * <pre>
   *   3 + 3   each norm: what goes in, what is divided by its size, what goes on to the products
   *   6       attention: query and key before they are turned, value, both turned, result
   *   16      feed-forward: the product of width 8D, the activation of 4D, what is multiplied by it
   *   6       what the libraries keep beside these: copies in another order or dtype, statistics
   * </pre>
   *
   * The last is a reserve, not a count.
   */
  private static final long KEPT_ACTIVATIONS = 3 + 3 + 6 + 16 + 6;

  /** Copies of a piece's logits that a term and its gradient take. */
  private static final long LOGITS = 4;

  /** What PyTorch's libraries take. */
  private static final long LIBRARIES = 120L << 20;

  /** What Java takes outside the heap; a worker's heap has as much to spare. */
  private static final long JAVA = 150L << 20;

  /** As above, where only a layer's input is kept. */
  private static final long RECOMPUTED_ACTIVATIONS = 1;

  /**
   * What a worker sends and fetches at a step, each as long as the weights that are trained.
   *
   * @param vectors of its gradient that it sends; an upper bound: a method may have only one
   * @param fetches of weights
   */
  public record Traffic(int vectors, int fetches) {}

  /** The same for a training whose gradient travels as its mode says. */
  public static MemoryBudget of(
      Architecture architecture,
      TrainSettings settings,
      int frozenModels,
      int tokens,
      boolean steered) {
    return of(
        architecture, settings, settings.traffic(false, false), frozenModels, tokens, steered);
  }

  /**
   * @param architecture without the adapter
   * @param traffic of a worker at a step
   * @param frozenModels whose weights a worker holds besides
   * @param tokens of the longest example
   * @param steered whether the best step's weights are kept
   */
  public static MemoryBudget of(
      Architecture architecture,
      TrainSettings settings,
      Traffic traffic,
      int frozenModels,
      int tokens,
      boolean steered) {
    ParameterLayout layout = settings.layout(architecture);
    long trained = layout.trained();
    long all = architecture.elements();
    Precision precision = settings.compute().precision();
    long resident =
        Parameters.bytes(
            settings.adapted(architecture).map(AdaptedNetwork::architecture).orElse(architecture),
            precision);
    long parts = traffic.vectors();
    long bucket = 4L * Math.min(layout.bucketElements(), trained);
    ShardTree tree = new ShardTree(settings.shards());
    int workers = settings.workers();
    long state = 4L * settings.optimizer().vectors().size(); // bytes of weights and moments
    long driver = state * trained + 4 * parts * trained + 4 * trained;
    driver += (steered ? 4 * trained : 0) + (long) workers * Mailbox.WINDOW * bucket;
    long sent = 0;
    int owned = 0;
    for (int w = 0; w < workers; w++) {
      sent += tree.roots(w, workers).size();
      owned = Math.max(owned, tree.firstShard(w + 1, workers) - tree.firstShard(w, workers));
    }
    long levels = 32L - Integer.numberOfLeadingZeros(owned - 1);
    long heap = Math.max(1, levels) * 4 * parts * trained + 2L * MailboxClient.OUTSTANDING * bucket;
    long outside =
        resident + 4 * trained + frozenModels * Parameters.bytes(architecture, precision);
    long kept =
        settings.compute().activations() == Activations.KEEP
            ? KEPT_ACTIVATIONS
            : RECOMPUTED_ACTIVATIONS;
    long passTokens = (long) settings.microBatch() * tokens;
    outside +=
        4
            * passTokens
            * architecture.width()
            * (kept * architecture.layers().size() + KEPT_ACTIVATIONS);
    outside += architecture.heads().scored() ? scores(architecture, settings, tokens) : 0;
    outside += logits(architecture, layout, passTokens) + LIBRARIES;
    long wire =
        (parts * sent + (long) traffic.fetches() * workers) * settings.wire().bytes(1) * trained;
    long folder = 3 * (state + (steered ? 4 : 0)) * trained + 4 * all;
    return new MemoryBudget(driver, heap, outside, wire, folder);
  }

  /**
   * The same with models that are kept on the way.
   *
   * @param models how many
   */
  public MemoryBudget keeping(int models, Architecture architecture, TrainSettings settings) {
    long elements =
        settings.adapted(architecture).map(a -> a.elements()).orElse(architecture.elements());
    return new MemoryBudget(
        driverHeap, workerHeap, workerNative, wire, runFolder + 4 * elements * models);
  }

  /** Most memory that the driver takes, if its heap is {@code heap} bytes. */
  public static long resident(long heap) {
    return heap + JAVA;
  }

  /**
   * Bytes of the logits of a piece, and of the gradient of the output matrix, which each piece has.
   */
  private static long logits(Architecture architecture, ParameterLayout layout, long passTokens) {
    Set<String> trained = layout.trainedNames();
    long gradient =
        architecture.head().stream()
            .map(place -> architecture.parameters().get(place))
            .flatMap(parameter -> parameter.tensors().stream())
            .filter(tensor -> trained.contains(tensor.name()))
            .mapToLong(NamedShape::elements)
            .sum();
    long rows = Math.min(passTokens, MicroBatch.piece(architecture.vocabulary()));
    return 4 * (LOGITS * rows * architecture.vocabulary() + gradient);
  }

  /**
   * Bytes of the attention's scores in a pass, where all of them are in memory: for each query head
   * and pair of tokens the bounded score and the share, both float32, the share again where
   * products are bfloat16, and three of float32 more in the layer whose backward pass runs.
   */
  private static long scores(Architecture architecture, TrainSettings settings, int tokens) {
    long pairs = (long) settings.microBatch() * tokens * tokens * architecture.heads().queries();
    boolean narrow = settings.compute().precision() == Precision.BFLOAT16;
    boolean keep = settings.compute().activations() == Activations.KEEP;
    long layers = keep ? architecture.layers().size() : 1;
    return pairs * (layers * (4 + 4 + (narrow ? 2 : 0)) + 3 * 4);
  }
}
