package lethe.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A pass through the layers that gradients can go back through, once. Each layer has a graph of its
 * own between its input and its output: the backward pass lets go of one layer after another, and a
 * layer whose intermediate results were not kept is simply run again, with the same result.
 */
public final class Tape {
  /**
   * One layer's pass.
   *
   * @param run the layer
   * @param input a leaf of the layer's graph, or nothing but a value when it will be run again
   * @param output on that graph; null when the layer will be run again
   * @param weights leaves that the layer took
   * @param places of those weights
   */
  private record Stage(
      UnaryOperator<NDArray> run,
      NDArray input,
      NDArray output,
      List<NDArray> weights,
      List<Integer> places) {}

  private final Autograd autograd;
  private final Parameters leaves;
  private final Activations activations;
  private final Deque<Stage> stages = new ArrayDeque<>();
  private final NDArray embedded;
  private final List<Integer> embedding;
  private NDArray hiddenBTD;

  /**
   * @param embedded the layers' first input, on a graph from the embedding's leaves
   * @param embedding places of those leaves
   */
  Tape(
      Autograd autograd,
      Parameters leaves,
      Activations activations,
      NDArray embedded,
      List<Integer> embedding) {
    this.autograd = autograd;
    this.leaves = leaves;
    this.activations = activations;
    this.embedded = embedded;
    this.embedding = embedding;
    this.hiddenBTD = embedded.stopGradient();
  }

  /** Runs the next layer. */
  void run(UnaryOperator<NDArray> layer, List<NDArray> weights, List<Integer> places) {
    if (activations == Activations.RECOMPUTE) {
      NDArray input = hiddenBTD;
      hiddenBTD = Network.withoutGraph(() -> layer.apply(input));
      stages.push(new Stage(layer, input, null, weights, places));
      return;
    }
    NDArray input = hiddenBTD;
    input.setRequiresGradient(true);
    NDArray output = Network.withGraph(() -> layer.apply(input));
    hiddenBTD = output.stopGradient();
    stages.push(new Stage(layer, input, output, weights, places));
  }

  /** Hidden states after the layers run so far; no graph. */
  public NDArray hiddenBTD() {
    return hiddenBTD;
  }

  /**
   * Goes back through all layers and adds to the gradients of their leaves.
   *
   * @param gradientBTD of the hidden states
   */
  public void backward(NDArray gradientBTD) {
    NDArray upstream = gradientBTD;
    while (!stages.isEmpty()) {
      Stage stage = stages.pop();
      NDArray output = stage.output;
      if (output == null) {
        stage.input.setRequiresGradient(true);
        output = Network.withGraph(() -> stage.run.apply(stage.input));
      }
      List<NDArray> inputs = new ArrayList<>(stage.weights);
      inputs.add(0, stage.input);
      NDList gradients = autograd.gradients(output, upstream, inputs);
      output.close();
      stage.input.close();
      upstream.close();
      upstream = gradients.remove(0);
      leaves.add(stage.places, gradients);
    }
    leaves.add(embedding, autograd.gradients(embedded, upstream, leaves.exact(embedding)));
  }
}
