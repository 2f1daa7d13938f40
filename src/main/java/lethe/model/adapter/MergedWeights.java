package lethe.model.adapter;

import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;

/** The weights of a base model with an adapter merged into them: W + s B A, in float32. */
public final class MergedWeights implements TensorSource {
  /**
   * What is added to one matrix.
   *
   * @param a rank x inputs
   * @param b outputs x rank
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Addition(AdaptedMatrix matrix, float[] a, float[] b) {
    /** (B A) at a row of the stored matrix, added to the elements of that row from a column on. */
    void add(float scale, long row, int column, float[] to, int offset, int count, float[] sum) {
      int inputs = (int) matrix.inputs();
      int rank = matrix.rank();
      java.util.Arrays.fill(sum, 0, count, 0);
      for (int r = 0; r < rank; r++) {
        if (matrix.byInput()) {
          float left = a[r * inputs + (int) row];
          for (int i = 0; i < count; i++) {
            sum[i] += left * b[(column + i) * rank + r];
          }
        } else {
          float left = b[(int) row * rank + r];
          int at = r * inputs + column;
          for (int i = 0; i < count; i++) {
            sum[i] += left * a[at + i];
          }
        }
      }
      for (int i = 0; i < count; i++) {
        to[offset + i] += scale * sum[i];
      }
    }
  }

  private final TensorSource base;
  private final float scale;
  private final Map<String, Addition> additions = new HashMap<>();

  /**
   * @param base its weights, by name
   * @param network the base with the adapter
   * @param adapter A and B, by name; read whole
   */
  public MergedWeights(TensorSource base, AdaptedNetwork network, TensorSource adapter) {
    this.base = base;
    this.scale = (float) network.adapter().scale();
    for (AdaptedMatrix matrix : network.matrices()) {
      additions.put(
          matrix.weight().name(),
          new Addition(matrix, all(adapter, matrix.a()), all(adapter, matrix.b())));
    }
  }

  private static float[] all(TensorSource source, NamedShape tensor) {
    float[] values = new float[(int) tensor.elements()];
    source.read(tensor.name(), 0, values, 0, values.length);
    return values;
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    base.read(name, fromElement, to, offset, count);
    Addition addition = additions.get(name);
    if (addition == null) {
      return;
    }
    int columns = addition.matrix.weight().shape().get(1).intValue();
    float[] sum = new float[columns];
    for (int done = 0; done < count; ) {
      int column = (int) ((fromElement + done) % columns);
      int length = Math.min(columns - column, count - done);
      long row = (fromElement + done) / columns;
      addition.add(scale, row, column, to, offset + done, length, sum);
      done += length;
    }
  }
}
