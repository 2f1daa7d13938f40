package lethe.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @Test
  void executorsWithoutTheJarAreOneSentence() {
    Throwable missing = catchThrowable(() -> Class.forName("lethe.corpus.NotThere"));
    assertThat(explained(new SparkException("Job aborted", new IOException(missing)))).isEqualTo(2);
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .singleElement()
        .asString()
        .startsWith("Executors cannot find Lethe's classes: lethe.jar and the jars of target/lib");
  }

  @Test
  void anyOtherFailureIsItsFirstCauseAndItsTrace() {
    assertThat(explained(new SparkException("Job aborted", new IOException("broken pipe"))))
        .isEqualTo(1);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .startsWith("The run failed: broken pipe\n")
        .contains("SparkException: Job aborted")
        .contains("\tat lethe.command.FailuresTest");
  }

  private int explained(Throwable failure) {
    return Failures.explain(failure, new PrintStream(printed, true, StandardCharsets.UTF_8));
  }
}
