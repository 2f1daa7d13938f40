package lethe.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lethe.run.Verb;
import lethe.spark.ProcessSignal;
import org.junit.jupiter.api.Test;

class StopSignalTest {
  @Test
  void whatIsFinishedIsNamed() {
    assertThat(
            StopSignal.sentence(
                ProcessSignal.SIGINT, Verb.EVALUATE, List.of(Verb.PREPARE, Verb.UNLEARN)))
        .isEqualTo(
            "Stopped by SIGINT during evaluate; kept: prepare, unlearn; the same command goes on from there, without overwrite=true");
  }
}
