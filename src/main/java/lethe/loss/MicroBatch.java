package lethe.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.Tape;
import lethe.model.network.TokenBatch;
import lethe.model.torch.Graph;
import lethe.objective.ChunkCap;
import lethe.objective.FrozenModel;
import lethe.objective.HiddenTerm;
import lethe.objective.LikeliestTokens;
import lethe.objective.PositionTerm;
import lethe.objective.Positions;
import lethe.objective.Role;
import lethe.objective.SequenceTerm;
import lethe.objective.StoredLabels;
import lethe.objective.ViewKind;

/**
 * One micro-batch forward and backward. Logits are computed and freed in pieces, so those of all
 * positions are never in memory at once.
 */
public final class MicroBatch {
  /** Logits per piece: 32 MiB in float32, enough rows for an efficient matrix product. */
  private static final int PIECE_LOGITS = 1 << 23;

  private final Network network;

  public MicroBatch(Network network) {
    this.network = network;
  }

  /** The sum over a piece, and {@code upstream} times its gradient with respect to the logits. */
  private interface PieceValue {
    PositionTerm.Slope of(NDArray logitsNV, NDArray labelsN, NDArray upstream, int from, int to);
  }

  /**
   * Adds the gradient of {@code coefficient x term} over some examples to the leaves.
   *
   * @param role whose term is taken; its weight must already be in the coefficient
   * @param examples of one role
   * @param coefficient of the summed term in the step's loss
   * @param leaves of the model that is trained
   * @param frozen weights of the models that {@link PositionTerm#frozen} names
   * @return the summed term, without the coefficient
   */
  public double accumulate(
      Role role,
      List<Example> examples,
      double coefficient,
      Parameters leaves,
      Map<FrozenModel, Parameters> frozen) {
    try (NDManager manager = network.newManager()) {
      return Graph.withGraph(
          () -> {
            ChunkCap cap = role.chunkCap();
            if (role.term() instanceof PositionTerm term) {
              return positions(manager, term, cap, examples, coefficient, leaves, frozen);
            }
            if (role.term() instanceof HiddenTerm term) {
              return hidden(manager, term, cap, examples, coefficient, leaves, frozen);
            }
            return sequences(
                manager, (SequenceTerm) role.term(), cap, examples, coefficient, leaves);
          });
    }
  }

  /**
   * Scores examples with a model.
   *
   * @return summed negative log-likelihood of the labels of each view, nats, example by example
   */
  public double[] score(List<Example> examples, Parameters weights) {
    try (NDManager manager = network.newManager()) {
      return Graph.withoutGraph(() -> summedNll(batch(manager, examples), weights));
    }
  }

  private double positions(
      NDManager manager,
      PositionTerm term,
      ChunkCap cap,
      List<Example> examples,
      double coefficient,
      Parameters leaves,
      Map<FrozenModel, Parameters> frozen) {
    TokenBatch batch = batch(manager, examples);
    Map<FrozenModel, NDArray> frozenND = new EnumMap<>(FrozenModel.class);
    for (FrozenModel model : term.frozen()) {
      frozenND.put(
          model,
          Graph.withoutGraph(
              () ->
                  network.gatherRows(
                      network.hidden(batch.idsBT(), frozen.get(model)), batch.rowsN())));
    }
    StoredLabels stored = stored(manager, term, examples, batch);
    return backward(
        batch,
        leaves,
        (logitsNV, labelsN, upstream, from, to) -> {
          StoredLabels labels =
              stored == null
                  ? null
                  : Graph.withoutGraph(
                      () -> stored.rows(from, to).attachedTo(logitsNV.getManager()));
          Map<FrozenModel, NDArray> frozenNV = new EnumMap<>(FrozenModel.class);
          frozenND.forEach(
              (model, hiddenND) -> {
                NDArray pieceND = rows(hiddenND, from, to);
                pieceND.attach(logitsNV.getManager()); // whose arrays are freed with the piece
                frozenNV.put(
                    model, Graph.withoutGraph(() -> network.logits(pieceND, frozen.get(model))));
              });
          Positions known = new Positions(logitsNV.stopGradient(), labelsN, frozenNV, labels);
          return Graph.withoutGraph(() -> term.slope(known))
              .map(slope -> slope.times(upstream))
              .orElseGet(
                  () ->
                      byGraph(
                          logitsNV,
                          upstream,
                          leafNV -> term.sum(new Positions(leafNV, labelsN, frozenNV, labels))));
        },
        coefficient,
        hiddenND -> open(term.sequenceCap(), cap, examples, batch, hiddenND, leaves));
  }

  /** The labels that were made before, of a term that learns them; null for others. */
  private static StoredLabels stored(
      NDManager manager, PositionTerm term, List<Example> examples, TokenBatch batch) {
    if (term.view() != ViewKind.STORED_LABELS) {
      return null;
    }
    List<LikeliestTokens> texts = examples.stream().map(e -> e.views().get(0).stored()).toList();
    long positions = texts.stream().mapToLong(LikeliestTokens::positions).sum();
    if (positions != batch.scored()) {
      throw new IllegalStateException(
          "Cannot learn stored labels: %d positions have them, %d are scored"
              .formatted(positions, batch.scored()));
    }
    return StoredLabels.of(manager, texts);
  }

  private double hidden(
      NDManager manager,
      HiddenTerm term,
      ChunkCap cap,
      List<Example> examples,
      double coefficient,
      Parameters leaves,
      Map<FrozenModel, Parameters> frozen) {
    TokenBatch batch = batch(manager, examples);
    boolean[] there = new boolean[examples.size()];
    if (cap.any()) { // one more pass: the term's own ends below the head
      Graph.withoutGraph(
          () -> {
            NDArray hiddenBTD = network.hidden(batch.idsBT(), leaves);
            NDArray hiddenND = network.gatherRows(hiddenBTD, batch.rowsN());
            mark(there, cap, examples, batch, hiddenND, leaves);
            return there;
          });
    }
    int layers = term.layer() + 1;
    Map<FrozenModel, NDArray> frozenND = new EnumMap<>(FrozenModel.class);
    Tape tape = network.record(batch.idsBT(), leaves, layers);
    return Graph.withoutGraph(
        () -> {
          for (FrozenModel model : term.frozen()) {
            NDArray hiddenBTD = network.hidden(batch.idsBT(), frozen.get(model), layers);
            frozenND.put(model, scored(hiddenBTD, batch));
          }
          HiddenTerm.Slope slope = term.of(scored(tape.hiddenBTD(), batch), frozenND);
          NDArray gradientND =
              openN(batch, there)
                  .map(n -> slope.gradientND().mul(manager.create(n).expandDims(1)))
                  .orElse(slope.gradientND())
                  .mul(coefficient)
                  .toType(tape.hiddenBTD().getDataType(), false);
          tape.backward(network.scatterRows(tape.hiddenBTD(), batch.rowsN(), gradientND));
          return (double) slope.sum().getFloat();
        });
  }

  /** Hidden states at the scored positions. */
  private NDArray scored(NDArray hiddenBTD, TokenBatch batch) {
    return network.gatherRows(hiddenBTD, batch.rowsN()).toType(DataType.FLOAT32, false);
  }

  private double sequences(
      NDManager manager,
      SequenceTerm term,
      ChunkCap cap,
      List<Example> examples,
      double coefficient,
      Parameters leaves) {
    TokenBatch batch = batch(manager, examples);
    double[] nll = Graph.withoutGraph(() -> summedNll(batch, leaves));
    int[] tokens = new int[nll.length];
    for (int b : batch.sequence()) {
      tokens[b]++;
    }
    double value = 0;
    float[] slopes = new float[nll.length];
    int sequence = 0;
    for (Example example : examples) {
      List<SequenceTerm.View> views = new ArrayList<>();
      for (int i = 0; i < example.views().size(); i++) {
        views.add(
            new SequenceTerm.View(
                nll[sequence + i], example.views().get(i).reference(), tokens[sequence + i]));
      }
      SequenceTerm.Slope slope = term.of(views);
      value += slope.value();
      boolean there = nll[sequence] / tokens[sequence] >= cap.of(example.domain());
      for (double perView : slope.perView()) {
        slopes[sequence++] = there ? 0 : (float) perView;
      }
    }
    float[] perPosition = new float[batch.scored()];
    for (int i = 0; i < perPosition.length; i++) {
      perPosition[i] = slopes[batch.sequence()[i]];
    }
    NDArray slopesN = manager.create(perPosition);
    backward(
        batch,
        leaves,
        (logitsNV, labelsN, upstream, from, to) ->
            byGraph(
                logitsNV,
                upstream,
                leafNV -> new Positions(leafNV, labelsN).nllN().mul(rows(slopesN, from, to)).sum()),
        coefficient,
        hiddenND -> Optional.empty());
    return value;
  }

  private static PositionTerm.Slope byGraph(
      NDArray logitsNV, NDArray upstream, UnaryOperator<NDArray> sum) {
    NDArray leafNV = Graph.leaf(logitsNV);
    NDArray value = sum.apply(leafNV);
    Graph.backward(value, upstream);
    return new PositionTerm.Slope(value, leafNV.getGradient());
  }

  /**
   * Forward, then backward piece by piece through the head and at once through the layers. Returns
   * the summed value.
   *
   * @param open which positions have a gradient, 1 or 0 each, from the hidden states at them; empty
   *     if all have
   */
  private double backward(
      TokenBatch batch,
      Parameters leaves,
      PieceValue piece,
      double coefficient,
      Function<NDArray, Optional<float[]>> open) {
    Tape tape = network.record(batch.idsBT(), leaves);
    NDArray hiddenND =
        Graph.withoutGraph(() -> network.gatherRows(tape.hiddenBTD(), batch.rowsN()));
    NDManager manager = hiddenND.getManager();
    Optional<NDArray> openN = Graph.withoutGraph(() -> open.apply(hiddenND)).map(manager::create);
    NDArray upstream = manager.create((float) coefficient);
    double value = 0;
    NDList gradients = new NDList();
    int step = piece();
    for (int from = 0; from < batch.scored(); from += step) {
      int first = from;
      int to = Math.min(batch.scored(), from + step);
      try (NDManager own = manager.newSubManager()) {
        NDArray pieceND = Graph.leaf(rows(hiddenND, from, to));
        pieceND.attach(own);
        NDArray logitsNV = network.logits(pieceND, leaves);
        PositionTerm.Slope slope =
            piece.of(logitsNV, rows(batch.labelsN(), from, to), upstream, from, to);
        value += slope.sum().toType(DataType.FLOAT32, false).getFloat();
        openN.ifPresent(
            n -> slope.times(Graph.withoutGraph(() -> rows(n, first, to).expandDims(1))));
        NDArray gradientND = network.backward(logitsNV, slope.gradientNV(), pieceND, leaves);
        gradientND.attach(manager);
        gradients.add(gradientND);
      }
    }
    NDArray gradientND = NDArrays.concat(gradients, 0);
    tape.backward(
        Graph.withoutGraph(() -> network.scatterRows(tape.hiddenBTD(), batch.rowsN(), gradientND)));
    return value;
  }

  /**
   * Which positions still have a gradient under the caps on whole sequences.
   *
   * @param own that of the term
   * @param cap that of the role
   */
  private Optional<float[]> open(
      Optional<PositionTerm.SequenceCap> own,
      ChunkCap cap,
      List<Example> examples,
      TokenBatch batch,
      NDArray hiddenND,
      Parameters weights) {
    boolean[] there = new boolean[examples.size()];
    own.ifPresent(
        c -> {
          double[] means = means(batch, batch.labelsN(), hiddenND, weights, c.valueN());
          for (int b = 0; b < there.length; b++) {
            there[b] = means[b] >= c.mean();
          }
        });
    if (cap.any()) {
      mark(there, cap, examples, batch, hiddenND, weights);
    }
    return openN(batch, there);
  }

  /**
   * Marks the texts whose mean loss is at their cap. The loss is that of their own tokens, whatever
   * labels the term draws them to.
   */
  private void mark(
      boolean[] there,
      ChunkCap cap,
      List<Example> examples,
      TokenBatch batch,
      NDArray hiddenND,
      Parameters weights) {
    NDArray ownN = batch.idsBT().flatten().get(batch.rowsN().add(1));
    double[] means = means(batch, ownN, hiddenND, weights, Positions::nllN);
    for (int b = 0; b < there.length; b++) {
      there[b] |= means[b] >= cap.of(examples.get(b).domain());
    }
  }

  /** 0 for the positions of the texts that are there, 1 for others; empty if none is. */
  private static Optional<float[]> openN(TokenBatch batch, boolean[] there) {
    float[] open = new float[batch.scored()];
    boolean all = true;
    for (int i = 0; i < open.length; i++) {
      boolean closed = there[batch.sequence()[i]];
      open[i] = closed ? 0 : 1;
      all &= !closed;
    }
    return all ? Optional.empty() : Optional.of(open);
  }

  /**
   * Positions whose logits are in memory at once.
   *
   * @param vocabulary number of tokens
   */
  public static int piece(int vocabulary) {
    return Math.max(64, PIECE_LOGITS / vocabulary);
  }

  private int piece() {
    return piece(network.architecture().vocabulary());
  }

  private double[] summedNll(TokenBatch batch, Parameters weights) {
    NDArray hiddenND = network.gatherRows(network.hidden(batch.idsBT(), weights), batch.rowsN());
    return bySequence(batch, batch.labelsN(), hiddenND, weights, Positions::nllN);
  }

  /** Means of a value over the positions of each sequence. */
  private double[] means(
      TokenBatch batch,
      NDArray labelsN,
      NDArray hiddenND,
      Parameters weights,
      Function<Positions, NDArray> valueN) {
    double[] means = bySequence(batch, labelsN, hiddenND, weights, valueN);
    int[] counts = new int[means.length];
    for (int b : batch.sequence()) {
      counts[b]++;
    }
    for (int b = 0; b < means.length; b++) {
      means[b] /= counts[b];
    }
    return means;
  }

  /** Sums of a value over the positions of each sequence. */
  private double[] bySequence(
      TokenBatch batch,
      NDArray labelsN,
      NDArray hiddenND,
      Parameters weights,
      Function<Positions, NDArray> valueN) {
    double[] sums = new double[(int) batch.idsBT().getShape().get(0)];
    int step = piece();
    for (int from = 0; from < batch.scored(); from += step) {
      int to = Math.min(batch.scored(), from + step);
      NDArray logitsNV = network.logits(rows(hiddenND, from, to), weights);
      float[] values =
          valueN.apply(new Positions(logitsNV, rows(labelsN, from, to))).toFloatArray();
      for (int i = 0; i < values.length; i++) {
        sums[batch.sequence()[from + i]] += values[i];
      }
    }
    return sums;
  }

  private static NDArray rows(NDArray array, int from, int to) {
    return array.get(new NDIndex("{}:{}", from, to));
  }

  private static TokenBatch batch(NDManager manager, List<Example> examples) {
    List<int[]> tokens = new ArrayList<>();
    List<int[]> labels = new ArrayList<>();
    for (Example example : examples) {
      for (Example.View view : example.views()) {
        tokens.add(view.tokens());
        labels.add(view.labels());
      }
    }
    return TokenBatch.of(manager, tokens, labels);
  }
}
