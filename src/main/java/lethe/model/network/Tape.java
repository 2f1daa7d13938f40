package lethe.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;
import lethe.model.torch.Activations;
import lethe.model.torch.Autograd;
import lethe.model.torch.Graph;

/**
 * A forward pass through the layers that allows one backward pass. Each layer has a graph of its
 * own between its input and its output: the backward pass frees one layer after another, and a
 * layer whose intermediate results were not kept is simply run again, with the same result.
 */
public final class Tape {
  /**
   * One layer's pass.
   *
   * @param run the layer
   * @param input a leaf of the layer's graph, or a plain value when the layer will be run again
   * @param output on that graph; null when the layer will be run again
   * @param places of the weights whose gradients are wanted
   */
  private record Stage(
      UnaryOperator<NDArray> run, NDArray input, NDArray output, List<Integer> places) {}

  private final Autograd autograd;
  private final Parameters leaves;
  private final Activations activations;
  private final Deque<Stage> stages = new ArrayDeque<>();
  private final NDArray embedded;
  private final List<Integer> embedding;
  private final List<Integer> head;
  private NDArray hiddenBTD;

  /**
   * @param embedded the layers' first input, on a graph from the embedding's leaves
   * @param embedding places of those leaves
   * @param head places of the leaves behind the layers, which have their gradients before the
   *     backward pass through the layers begins, but for those that are in the embedding, too
   */
  Tape(
      Autograd autograd,
      Parameters leaves,
      Activations activations,
      NDArray embedded,
      List<Integer> embedding,
      List<Integer> head) {
    this.autograd = autograd;
    this.leaves = leaves;
    this.activations = activations;
    this.embedded = embedded;
    this.embedding = leaves.trained(embedding);
    this.head = leaves.trained(head).stream().filter(place -> !embedding.contains(place)).toList();
    this.hiddenBTD = embedded.stopGradient();
  }

  /**
   * Runs the next layer.
   *
   * @param places of its weights whose gradients are wanted
   */
  void run(UnaryOperator<NDArray> layer, List<Integer> places) {
    NDArray input = hiddenBTD;
    if (places.isEmpty() && nothingBelow()) {
      hiddenBTD = Graph.withoutGraph(() -> layer.apply(input));
      input.close(); // no gradient is needed here
    } else if (activations == Activations.RECOMPUTE) {
      hiddenBTD = Graph.withoutGraph(() -> layer.apply(input));
      stages.push(new Stage(layer, input, null, places));
    } else {
      input.setRequiresGradient(!nothingBelow());
      NDArray output = Graph.withGraph(() -> layer.apply(input));
      hiddenBTD = output.stopGradient();
      stages.push(new Stage(layer, input, output, places));
    }
  }

  /**
   * Whether no gradient is wanted below the layer that comes next, in the forward or backward pass.
   */
  private boolean nothingBelow() {
    return stages.isEmpty() && embedding.isEmpty();
  }

  /** Hidden states after the layers run so far; no graph. */
  public NDArray hiddenBTD() {
    return hiddenBTD;
  }

  /**
   * Backward pass through all layers; adds to the gradients of their leaves.
   *
   * @param gradientBTD of the hidden states
   */
  public void backward(NDArray gradientBTD) {
    leaves.settle(head);
    NDArray upstream = gradientBTD;
    while (!stages.isEmpty()) {
      Stage stage = stages.pop();
      boolean further = !nothingBelow();
      NDArray output = stage.output;
      if (output == null) {
        stage.input.setRequiresGradient(further);
        output = Graph.withGraph(() -> stage.run.apply(stage.input));
      }
      List<NDArray> inputs = new ArrayList<>(leaves.at(stage.places));
      if (further) {
        inputs.add(0, stage.input);
      }
      NDList gradients = autograd.gradients(output, upstream, inputs);
      output.close();
      upstream.close();
      upstream = further ? gradients.remove(0) : null;
      leaves.add(stage.places, gradients);
      stage.input.close();
      leaves.settle(stage.places);
    }
    if (!embedding.isEmpty()) {
      leaves.add(embedding, autograd.gradients(embedded, upstream, leaves.float32(embedding)));
      leaves.settle(embedding);
    }
  }
}
