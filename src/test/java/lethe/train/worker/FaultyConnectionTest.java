package lethe.train.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import lethe.model.checkpoint.NamedShape;
import lethe.train.exchange.DriverConnection;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.Slot;
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
    GradientUpload upload = driver.upload(3, List.of(1), LAYOUT, WireFormat.FLOAT32);
    upload.send(new Slot(0, 1), List.of(new float[2]));
    upload.await();
    driver.unable(new IllegalArgumentException("no"));
    assertThat(calls)
        .containsExactly(
            "hello",
            "pull 3",
            "bucket 0",
            "bucket 1",
            "probe 3",
            "report 3",
            "upload 3",
            "bucket 1 of 1 nodes",
            "await",
            "no");
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
    public void pullMoved(
        int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each) {
      calls.add("pull moved " + step);
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
    public GradientUpload upload(
        int step, List<Integer> nodes, ParameterLayout layout, WireFormat wire) {
      calls.add("upload " + step);
      return new GradientUpload() {
        @Override
        public void send(Slot slot, List<float[]> sums) {
          calls.add("bucket %d of %d nodes".formatted(slot.bucket(), sums.size()));
        }

        @Override
        public void await() {
          calls.add("await");
        }
      };
    }

    @Override
    public void unable(IllegalArgumentException why) {
      calls.add(why.getMessage());
    }
  }
}
