package lethe.model.adapter;

import java.util.List;
import lethe.model.checkpoint.NamedShape;

/**
 * A matrix of the base model with an adapter.
 *
 * @param weight W, as the checkpoint names and stores it
 * @param byInput whether W is stored as input x output (GPT-2), not as output x input
 * @param rank of the adapter
 */
record AdaptedMatrix(NamedShape weight, boolean byInput, int rank) {
  private static final String WEIGHT = ".weight";

  /** Whether a tensor may have an adapter: a module's matrix. */
  static boolean fits(NamedShape tensor) {
    return tensor.shape().size() == 2 && tensor.name().endsWith(WEIGHT);
  }

  /** The module that a tensor belongs to. */
  static String module(String tensor) {
    return tensor.substring(0, tensor.lastIndexOf('.'));
  }

  String module() {
    return module(weight.name());
  }

  long inputs() {
    return weight.shape().get(byInput ? 0 : 1);
  }

  long outputs() {
    return weight.shape().get(byInput ? 1 : 0);
  }

  /** rank x input. */
  NamedShape a() {
    return NamedShape.of(module() + ".lora_A.weight", rank, inputs());
  }

  /** output x rank. */
  NamedShape b() {
    return NamedShape.of(module() + ".lora_B.weight", outputs(), rank);
  }

  List<NamedShape> tensors() {
    return List.of(a(), b());
  }
}
