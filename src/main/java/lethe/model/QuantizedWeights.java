package lethe.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.model.network.FusedParameter;

/**
 * Weights whose matrices of layers are rounded by a {@link Quantization}. One matrix at a time is
 * in memory: read them one after another, as a model is loaded.
 */
final class QuantizedWeights implements TensorSource {
  private final TensorSource weights;
  private final Quantization quantization;
  private final boolean byInput;
  private final Map<String, NamedShape> matrices = new LinkedHashMap<>();
  private String present = "";
  private float[] values = {};

  /**
   * @param weights as they are
   * @param architecture whose layers' matrices are rounded
   */
  QuantizedWeights(TensorSource weights, Architecture architecture, Quantization quantization) {
    this.weights = weights;
    this.quantization = quantization;
    this.byInput = architecture.byInput();
    for (List<Integer> layer : architecture.layers()) {
      for (int place : layer) {
        FusedParameter parameter = architecture.parameters().get(place);
        if (parameter.shape().dimension() == 2) {
          parameter.tensors().forEach(tensor -> matrices.put(tensor.name(), tensor));
        }
      }
    }
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    NamedShape matrix = matrices.get(name);
    if (matrix == null) {
      weights.read(name, fromElement, to, offset, count);
      return;
    }
    if (!present.equals(name)) {
      values = rounded(matrix);
      present = name;
    }
    System.arraycopy(values, Math.toIntExact(fromElement), to, offset, count);
  }

  private float[] rounded(NamedShape matrix) {
    values = new float[0]; // frees the last one
    float[] all = new float[Math.toIntExact(matrix.elements())];
    weights.read(matrix.name(), 0, all, 0, all.length);
    int rows = matrix.shape().get(0).intValue();
    int columns = matrix.shape().get(1).intValue();
    if (!byInput) {
      quantization.round(all, columns);
      return all;
    }
    float[] byOutput = transposed(all, rows, columns);
    quantization.round(byOutput, rows);
    return transposed(byOutput, columns, rows);
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] transposed = new float[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        transposed[column * rows + row] = values[row * columns + column];
      }
    }
    return transposed;
  }
}
