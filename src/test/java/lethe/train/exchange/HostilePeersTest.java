package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import lethe.train.guard.GuardedAuthentication.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What strangers can do to a driver that trains, and who stands between it and a worker. */
class HostilePeersTest {
  private static final Map<String, String> CLEAR = Map.of();
  private static final Map<String, String> SEALED = Map.of("spark.network.crypto.enabled", "true");

  /** What an attack may cost; one message of the list claims a gigabyte. */
  private static final long MOST_BYTES = 64 << 20;

  /** So short that those who only wait are gone soon. */
  private static final Limits LIMITS = new Limits(64, Duration.ofSeconds(1));

  @ParameterizedTest
  @EnumSource
  void aStrangerGetsNothingAndTheTrainingGoesOn(Attack attack) throws Exception {
    byte[] answers;
    try (TrainingOverNetwork training = training(CLEAR, port -> port);
        ServerMemory memory = new ServerMemory()) {
      assertThat(training.goesOn()).isTrue();
      answers = attack.on(training.server.port());
      assertThat(memory.allocated()).as("bytes of the heap").isLessThan(MOST_BYTES);
      assertThat(memory.directGrowth()).as("bytes of direct memory").isLessThan(MOST_BYTES);
      goesOnUndisturbed(training);
      assertThat(training.worker.failures()).isEmpty();
      assertThat(training.notices)
          .as("each kind once")
          .hasSizeBetween(1, 2)
          .allMatch(sentence -> sentence.startsWith("Refused a connection from 127.0.0.1:"))
          .noneMatch(sentence -> sentence.contains("the driver failed"));
    }
    assertThat(answers.length).as("bytes answered").isLessThan(1_000);
    assertThat(new String(answers, StandardCharsets.UTF_8)).doesNotContain("Exception", "\tat ");
  }

  @ParameterizedTest
  @EnumSource
  void whoStandsBetweenCostsAnAttemptAtMost(ManInTheMiddle.Change change) throws Exception {
    try (ManInTheMiddle middle = new ManInTheMiddle(change);
        TrainingOverNetwork training = training(SEALED, middle::before)) {
      assertThat(training.goesOn()).isTrue();
      assertThat(middle.done()).isTrue();
      goesOnUndisturbed(training);
      boolean harmless = change == ManInTheMiddle.Change.GRADIENT_SENT_TWICE;
      assertThat(training.worker.failures())
          .hasSize(harmless ? 0 : 1)
          .noneMatch(failure -> failure.contains("\tat "));
      assertThat(training.notices).noneMatch(sentence -> sentence.contains("the driver failed"));
    }
  }

  @Test
  void howManyWereRefusedIsSaidWhenTheLaunchEnds() throws Exception {
    TrainingOverNetwork training = training(CLEAR, port -> port);
    try (training) {
      Attack.SASL_NAME_OF_1_GB.on(training.server.port());
      Attack.WRONG_RESPONSE.on(training.server.port());
    }
    assertThat(training.notices)
        .hasSize(3)
        .last()
        .isEqualTo(
            "Connections refused during this launch: 60 because it did not begin as a worker does,"
                + " 1 because it does not know the secret of the launch");
  }

  /** And has at its end the bits of a training that nobody has disturbed. */
  private static void goesOnUndisturbed(TrainingOverNetwork training) throws Exception {
    assertThat(training.goesOn()).as("goes on").isTrue();
    float[][] weights = training.worker.finish();
    assertThat(weights).isDeepEqualTo(TrainingOverNetwork.undisturbed(training.worker.steps()));
  }

  @Test
  void aWorkerGetsInWhileStrangersHoldMoreConnectionsThanThereAre() throws Exception {
    List<HostilePeer> strangers = new ArrayList<>();
    try (TrainingOverNetwork training = training(CLEAR, port -> port)) {
      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 100; j++) {
          strangers.add(new HostilePeer(training.server.port()));
        }
        try (MailboxClient another = new MailboxClient(training.address(), 0, 0)) {
          another.hello("nonsense", "here", "");
        } catch (IllegalStateException e) {
          // For what it runs; or, where the strangers cost the true worker an attempt, as an older
          // one.
          assertThat(e).hasMessageContaining("Refused worker 0");
        }
      }
      goesOnUndisturbed(training);
    } finally {
      for (HostilePeer stranger : strangers) {
        stranger.close();
      }
    }
  }

  private static TrainingOverNetwork training(Map<String, String> settings, IntUnaryOperator way) {
    return new TrainingOverNetwork(settings, LIMITS, way);
  }
}
