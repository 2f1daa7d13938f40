package lethe.model.network;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.model.torch.Autograd;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.model.torch.NativeEngine;
import lethe.model.torch.TorchScript;
import lethe.settings.InvalidSettings;

/**
 * The forward pass of a language model on one device: tokens to hidden states, hidden states to
 * logits.
 *
 * <p>Needs no attention mask: sequences are padded on the right, attention is causal, so padding
 * never reaches a real position. Not thread-safe.
 */
public final class Network implements AutoCloseable {
  private static final String GPU_REMEDY =
      "; executors need a driver and PyTorch's libraries for it (conf/gpu.conf), or set train.device=cpu and evaluate.device=cpu";

  private static final String ROWS =
      """
        def pick(self, h: Tensor, rows: Tensor) -> Tensor:
          return torch.index_select(torch.reshape(h, [-1, torch.size(h, -1)]), 0, rows)
        def spread(self, h: Tensor, rows: Tensor, g: Tensor) -> Tensor:
          flat = torch.zeros_like(torch.reshape(h, [-1, torch.size(h, -1)]))
          return torch.reshape(torch.index_add(flat, 0, rows, g), torch.size(h))
        def statistics(self, logits: Tensor, labels: Tensor) -> Tensor:
          z = torch.sub(logits, torch.amax(logits, [1], True))
          distance = torch.gather(z, 1, torch.unsqueeze(labels, 1))
          p = torch.exp(z)
          sum = torch.sum(p, [1], True)
          p1 = torch.mul_(p, z)
          e1 = torch.div(torch.sum(p1, [1], True), sum)
          p2 = torch.mul_(p1, z)
          e2 = torch.div(torch.sum(p2, [1], True), sum)
          l = torch.log(sum)
          nll = torch.sub(l, distance)
          mean = torch.sub(e1, l)
          deviation = torch.sqrt(torch.clamp_min(torch.sub(e2, torch.mul(e1, e1)), 0.))
          return torch.cat([${STATISTICS}], 1)
        def divergences(self, a: Tensor, b: Tensor) -> Tensor:
          p = torch.log_softmax(a, 1)
          q = torch.log_softmax(b, 1)
          mean = torch.sub(torch.logaddexp(p, q), 0.6931471805599453)
          ep = torch.exp(p)
          eq = torch.exp(q)
          kl = torch.sum(torch.mul(ep, torch.sub(p, q)), [1])
          toward = torch.sum(torch.mul(ep, torch.sub(p, mean)), [1])
          back = torch.sum(torch.mul(eq, torch.sub(q, mean)), [1])
          same = torch.eq(torch.argmax(a, 1), torch.argmax(b, 1))
          return torch.stack([kl, torch.mul(torch.add(toward, back), 0.5), torch.mul(same, 1.)], 1)
        def likeliest_other(self, z: Tensor, ids: Tensor) -> Tensor:
          return torch.argmax(torch.scatter_(z, 1, torch.unsqueeze(ids, 1), -1.0e30), 1)
      """;

  /** Number of sequence lengths whose tables are kept. */
  private static final int TABLES = 8;

  private final Architecture architecture;
  private final Compute compute;
  private final NDManager manager;
  private final TorchScript script;
  private final Autograd autograd;

  /** By sequence length, the last few used. */
  private final Map<Integer, List<NDArray>> tables = new LinkedHashMap<>(16, 0.75f, true);

  public Network(Architecture architecture, Compute compute) {
    NativeEngine.start(compute.threads());
    this.architecture = architecture;
    this.compute = compute;
    this.manager = Engine.getEngine("PyTorch").newBaseManager(compute.device());
    String text = architecture.script() + ROWS + Autograd.SCRIPT;
    this.script =
        new TorchScript(
            manager,
            text.replace("${C}", String.valueOf(compute.precision().scalarType()))
                .replace("${STATISTICS}", PredictionStatistics.variables()));
    this.autograd = new Autograd(script);
  }

  public Architecture architecture() {
    return architecture;
  }

  /** A manager for the arrays of one piece of work; close it when done. */
  public NDManager newManager() {
    return manager.newSubManager();
  }

  /**
   * Parameters, all zero. This is the first use of the device.
   *
   * @throws InvalidSettings when the device cannot be used
   */
  public Parameters newParameters() {
    try {
      return new Parameters(manager, architecture, autograd, compute);
    } catch (EngineException e) {
      throw new InvalidSettings(
          "Cannot use %s: %s%s"
              .formatted(compute.device(), cause(e), compute.device().isGpu() ? GPU_REMEDY : ""),
          e);
    }
  }

  /** PyTorch's own first sentence; guesses and a table of its functions may follow. */
  private static String cause(EngineException e) {
    return String.valueOf(e.getMessage()).split("\\.? This could be because|\\R", 2)[0];
  }

  /**
   * Hidden states after the last layer, before the final norm.
   *
   * @param idsBT token ids, padded on the right with any id; at most {@link Architecture#context()}
   *     long
   * @return B x T x D, owned by the manager of {@code idsBT}
   */
  public NDArray hidden(NDArray idsBT, Parameters weights) {
    return hidden(idsBT, weights, architecture.layers().size());
  }

  /**
   * Hidden states after the first layers.
   *
   * @param layers how many, at most all
   */
  public NDArray hidden(NDArray idsBT, Parameters weights, int layers) {
    int tokens = (int) idsBT.getShape().get(1);
    architecture.context().check(tokens);
    NDArray xBTD = embed(idsBT, weights);
    for (List<Integer> layer : architecture.layers().subList(0, layers)) {
      NDArray before = xBTD;
      xBTD = script.run("forward", before, tables(tokens), weights.at(layer));
      before.close();
    }
    return xBTD;
  }

  /**
   * Begins to continue texts.
   *
   * @param most tokens of a text at the end; at most the model's context
   */
  public Decoding decoding(Parameters weights, int most) {
    return new Decoding(this, weights, most);
  }

  NDArray embed(NDArray idsBT, Parameters weights) {
    return script.run("embed", idsBT, weights.float32(architecture.embedding()));
  }

  NDArray run(String method, Object... inputs) {
    return script.run(method, inputs);
  }

  NDList runAll(String method, Object... inputs) {
    return script.runAll(method, inputs);
  }

  /**
   * As {@link #hidden}, recorded for a backward pass.
   *
   * @param leaves to which the gradients are added
   */
  public Tape record(NDArray idsBT, Parameters leaves) {
    return record(idsBT, leaves, architecture.layers().size());
  }

  /**
   * As {@link #hidden(NDArray, Parameters, int)}, recorded for a backward pass.
   *
   * @param layers how many, at most all; the others and the head get no gradient
   */
  public Tape record(NDArray idsBT, Parameters leaves, int layers) {
    int tokens = (int) idsBT.getShape().get(1);
    architecture.context().check(tokens);
    List<Integer> embedding = architecture.embedding();
    NDArray xBTD = Graph.withGraph(() -> script.run("embed", idsBT, leaves.float32(embedding)));
    Tape tape =
        new Tape(autograd, leaves, compute.activations(), xBTD, embedding, architecture.head());
    List<NDArray> tables = tables(tokens);
    for (List<Integer> layer : architecture.layers().subList(0, layers)) {
      List<NDArray> weights = leaves.at(layer);
      tape.run(x -> script.run("forward", x, tables, weights), leaves.trained(layer));
    }
    return tape;
  }

  /** Logits of hidden states: N x D in, N x V float32 out. */
  public NDArray logits(NDArray hiddenND, Parameters weights) {
    return script.run("head", hiddenND, weights.at(architecture.head()));
  }

  /**
   * Statistics of the predictions at some positions, in few passes over the vocabulary.
   *
   * @param logitsNV as {@link #logits} gives them
   * @param labelsN ids
   * @return of N positions
   */
  public PredictionStatistics statistics(NDArray logitsNV, NDArray labelsN) {
    return new PredictionStatistics(script.run("statistics", logitsNV, labelsN).toFloatArray());
  }

  /**
   * How far the predictions at some positions are from those of another model of the same
   * vocabulary.
   *
   * @param fromNV logits of the model whose predictions p count as true, as {@link #logits} gives
   *     them
   * @param toNV logits of the other model, whose predictions are q
   * @return of N positions
   */
  public PredictionDivergences divergences(NDArray fromNV, NDArray toNV) {
    return new PredictionDivergences(script.run("divergences", fromNV, toNV).toFloatArray());
  }

  /**
   * Backward pass through the head; adds to the gradients of its leaves.
   *
   * @param logitsNV what {@link #logits} gave, with a graph
   * @param gradientNV gradient of the logits
   * @param hiddenND the leaf that {@code logits} was given
   * @return the gradient of {@code hiddenND}
   */
  public NDArray backward(
      NDArray logitsNV, NDArray gradientNV, NDArray hiddenND, Parameters leaves) {
    List<Integer> trained = leaves.trained(architecture.head());
    List<NDArray> inputs = new ArrayList<>(leaves.at(trained));
    inputs.add(0, hiddenND);
    NDList gradients = autograd.gradients(logitsNV, gradientNV, inputs);
    NDArray gradientND = gradients.remove(0);
    leaves.add(trained, gradients);
    return gradientND;
  }

  /** Rows of B x T x D at flat positions b * T + t: N x D. */
  public NDArray gatherRows(NDArray hiddenBTD, NDArray rowsN) {
    return script.run("pick", hiddenBTD, rowsN);
  }

  /**
   * The reverse of {@link #gatherRows} for gradients: a B x T x D tensor with {@code gradientND}
   * added at its rows, else zero.
   */
  public NDArray scatterRows(NDArray hiddenBTD, NDArray rowsN, NDArray gradientND) {
    return script.run("spread", hiddenBTD, rowsN, gradientND);
  }

  /**
   * The likeliest token other than a given one.
   *
   * @param logitsNV overwritten
   * @param idsN the tokens to exclude
   * @return N; the first among ties
   */
  public NDArray likeliestOther(NDArray logitsNV, NDArray idsN) {
    return script.run("likeliest_other", logitsNV, idsN);
  }

  private List<NDArray> tables(int tokens) {
    List<NDArray> known = tables.get(tokens);
    if (known != null) {
      return known;
    }
    if (tables.size() == TABLES) {
      int eldest = tables.keySet().iterator().next();
      tables.remove(eldest).forEach(NDArray::close);
    }
    List<NDArray> arrays = tables(tokens, manager);
    tables.put(tokens, arrays);
    return arrays;
  }

  /** The tables of a sequence length, owned by the caller's manager. */
  List<NDArray> tables(int tokens, NDManager owner) {
    List<NDArray> arrays = new ArrayList<>();
    for (Architecture.Table table : architecture.tables().apply(tokens)) {
      NDArray values = owner.create(table.values(), new Shape(table.rows(), table.columns()));
      arrays.add(autograd.cast(values));
      values.close();
    }
    return arrays;
  }

  @Override
  public void close() {
    script.close();
    manager.close();
  }
}
