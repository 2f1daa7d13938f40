package lethe.train.gradient;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Nanoseconds per element of what is done to gradients, beside a loop that memory alone limits. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WireFormatBenchmark {
  /** 64 MiB per vector: more than a cache holds. */
  private static final int ELEMENTS = 1 << 24;

  private final float[] left = new float[ELEMENTS];
  private final float[] right = new float[ELEMENTS];
  private final float[] third = new float[ELEMENTS];
  private final ByteBuffer wire = ByteBuffer.allocateDirect(4 * ELEMENTS);

  public WireFormatBenchmark() {
    Arrays.fill(right, 1e-3f);
    Arrays.fill(third, 1e-3f);
  }

  /** STREAM's triad, a = b + s c: 12 bytes per element. */
  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public float[] memory() {
    for (int i = 0; i < ELEMENTS; i++) {
      left[i] = right[i] + 1e-3f * third[i];
    }
    return left;
  }

  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public float[] addFloat32() {
    WireFormat.FLOAT32.add(left, right);
    return left;
  }

  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public float[] addBfloat16() {
    WireFormat.BFLOAT16.add(left, right);
    return left;
  }

  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public float[] roundBfloat16() {
    WireFormat.BFLOAT16.round(right);
    return right;
  }

  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public ByteBuffer encodeBfloat16() {
    WireFormat.BFLOAT16.encode(right, 0, ELEMENTS, wire.clear());
    return wire;
  }

  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public float[] decodeBfloat16() {
    WireFormat.BFLOAT16.decode(wire.clear(), third, 0);
    return third;
  }
}
