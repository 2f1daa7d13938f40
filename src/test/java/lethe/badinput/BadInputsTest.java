package lethe.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Some of the bad inputs; jobs/bad-inputs.sh runs all of them. */
class BadInputsTest {
  /** One in so many; those that need Spark take seconds, and are left to the script. */
  private static final int ONE_IN = 37;

  @TempDir Path folder;

  @Test
  void eachIsRefusedWithItsPlaceOrAcceptedAndNothingIsHalfWritten()
      throws IOException, InterruptedException {
    List<Outcome> all = new ArrayList<>();
    try (BadInputs inputs = new BadInputs(folder)) {
      for (int number = 0; number < BadInputs.ALL; number += ONE_IN) {
        if (!BadInputs.kind(number).needsSpark()) {
          all.add(inputs.outcome(number));
        }
      }
    }
    assertThat(all).hasSizeGreaterThan(250).allMatch(outcome -> outcome.fault().isEmpty());
    assertThat(all.stream().filter(Outcome::refused).count())
        .as("much of the damage is noticed")
        .isGreaterThan(all.size() / 2);
  }

  @Test
  void aNumberIsAlwaysTheSameBadInput() throws IOException, InterruptedException {
    try (BadInputs inputs = new BadInputs(folder)) {
      Outcome once = inputs.outcome(2);
      inputs.outcome(3);
      Outcome again = inputs.outcome(2);
      assertThat(again.what()).isEqualTo(once.what());
      assertThat(again.output()).isEqualTo(once.output()).isNotEmpty();
    }
  }

  @Test
  void thereAreTenThousand() {
    assertThat(Arrays.stream(Kind.values()).mapToInt(Kind::share).sum()).isEqualTo(BadInputs.ALL);
  }
}
