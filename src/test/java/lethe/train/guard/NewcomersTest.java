package lethe.train.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NewcomersTest {
  private final List<String> notices = new ArrayList<>();
  private final Newcomers newcomers =
      new Newcomers(3, Duration.ofSeconds(30), new Refusals(notices::add));

  @Test
  void theOldestOfTheAddressWithTheMostGoesFirst() {
    EmbeddedChannel worker = from("10.0.0.1");
    EmbeddedChannel stranger = from("10.0.0.66");
    EmbeddedChannel another = from("10.0.0.66");
    EmbeddedChannel third = from("10.0.0.66");
    assertThat(stranger.isOpen()).isFalse();
    assertThat(List.of(worker, another, third)).allMatch(EmbeddedChannel::isOpen);
    from("10.0.0.66");
    assertThat(another.isOpen()).isFalse();
    assertThat(worker.isOpen()).as("though it is the oldest of all").isTrue();
    assertThat(notices)
        .containsExactly(
            "Refused a connection from 10.0.0.66:1: too many connections had not authenticated"
                + " (more of this kind are only counted)");
  }

  @Test
  void whoHasAuthenticatedIsNotCountedAndStays() {
    EmbeddedChannel worker = from("10.0.0.1");
    assertThat(newcomers.leave(worker)).isTrue();
    for (int i = 0; i < 100; i++) {
      from("10.0.0.1");
    }
    worker.advanceTimeBy(1, TimeUnit.HOURS);
    worker.runScheduledPendingTasks();
    assertThat(worker.isOpen()).isTrue();
  }

  @Test
  void whoDoesNotAuthenticateInTimeGoes() {
    EmbeddedChannel slow = from("10.0.0.1");
    slow.advanceTimeBy(29, TimeUnit.SECONDS);
    slow.runScheduledPendingTasks();
    assertThat(slow.isOpen()).isTrue();
    slow.advanceTimeBy(2, TimeUnit.SECONDS);
    slow.runScheduledPendingTasks();
    assertThat(slow.isOpen()).isFalse();
    assertThat(notices).singleElement().asString().contains("it did not authenticate in time");
  }

  @Test
  void whoHangsUpLeavesNothing() {
    EmbeddedChannel gone = from("10.0.0.1");
    assertThat(gone.close().isSuccess()).isTrue();
    assertThat(newcomers.leave(gone)).as("is still known").isFalse();
    assertThat(gone.runScheduledPendingTasks()).as("time to the next task").isEqualTo(-1);
  }

  private EmbeddedChannel from(String address) {
    EmbeddedChannel channel =
        new EmbeddedChannel() {
          @Override
          protected SocketAddress remoteAddress0() {
            return new InetSocketAddress(address, 1);
          }
        };
    channel.freezeTime();
    newcomers.admit(channel);
    return channel;
  }
}
