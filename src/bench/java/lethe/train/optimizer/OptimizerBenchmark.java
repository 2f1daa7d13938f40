package lethe.train.optimizer;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import lethe.model.checkpoint.NamedShape;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.StepGradient;
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

/** Nanoseconds per parameter of the update and of the gradient's norm. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class OptimizerBenchmark {
  private static final int ELEMENTS = 1 << 24;

  private final float[] gradient = filled();
  private final Optimizer optimizer =
      new Optimizer(
          UpdateRule.ADAMW,
          ParameterLayout.of(
              List.of(NamedShape.of("w", ELEMENTS)),
              new ParameterPattern(List.of()),
              new ParameterPattern(List.of()),
              ELEMENTS),
          new float[][] {filled()},
          1,
          0.01);

  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public Optimizer update() {
    optimizer.advance();
    optimizer.update(0, gradient, 1, 1e-3);
    return optimizer;
  }

  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public double norm() {
    return StepGradient.norm(new float[][] {gradient});
  }

  private static float[] filled() {
    float[] values = new float[ELEMENTS];
    Arrays.fill(values, 1e-3f);
    return values;
  }
}
