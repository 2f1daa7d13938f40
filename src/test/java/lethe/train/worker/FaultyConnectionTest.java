package lethe.train.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import lethe.model.checkpoint.NamedShape;
import lethe.train.exchange.DriverConnection;
import lethe.train.exchange.WorkerReport;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.WireFormat;
import lethe.train.steering.ProbeDecision;
import org.junit.jupiter.api.Test;

class FaultyConnectionTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 4)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          2);

  private final List<String> calls = new ArrayList<>();

  @Test
  void passesEverythingOnWhereNobodyIsToDie() {
    DriverConnection driver =
        new FaultyConnection(new Recording(), FaultInjection.read("worker/1/4/push"), 0);
    assertThat(driver.hello("greeting", "here", "").step()).isEqualTo(3);
    driver.pull(3, LAYOUT, WireFormat.FLOAT32, (values, b) -> calls.add("bucket " + b));
    assertThat(driver.probe(3, new double[1])).isEqualTo(ProbeDecision.UNSTEERED);
    driver.report(3, new WorkerReport(new double[1], new long[1], 0, 0));
    driver.push(3, List.of(1), List.<float[][][]>of(new float[1][2][]), WireFormat.FLOAT32);
    driver.unable(new IllegalArgumentException("no"));
    assertThat(calls)
        .containsExactly(
            "hello", "pull 3", "bucket 0", "bucket 1", "probe 3", "report 3", "push 3 of 2", "no");
  }

  @Test
  void noFaultIsMadeWhereNoneIsAskedFor() {
    DriverConnection driver = new Recording();
    assertThat(FaultyConnection.ifAsked(driver, "0.0", 0)).isSameAs(driver);
  }

  /** Writes down what it is asked. */
  private final class Recording implements DriverConnection {
    @Override
    public Start hello(String greeting, String environment, String device) {
      calls.add("hello");
      return new Start(3, ProbeDecision.UNSTEERED);
    }

    @Override
    public void pull(
        int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each) {
      calls.add("pull " + step);
      for (int b = 0; b < layout.buckets().count(); b++) {
        each.accept(new float[layout.buckets().length(b)], b);
      }
    }

    @Override
    public ProbeDecision probe(int step, double[] sums) {
      calls.add("probe " + step);
      return ProbeDecision.UNSTEERED;
    }

    @Override
    public void report(int step, WorkerReport report) {
      calls.add("report " + step);
    }

    @Override
    public void push(int step, List<Integer> nodes, List<float[][][]> sums, WireFormat wire) {
      calls.add("push %d of %d".formatted(step, sums.get(0)[0].length));
    }

    @Override
    public void unable(IllegalArgumentException why) {
      calls.add(why.getMessage());
    }
  }
}
