package lethe.train.guard;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.SocketAddress;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * What was refused at one server. The first of each kind is reported at once, all together when the
 * server closes, so that a peer cannot fill the driver's log. Used by several threads.
 */
final class Refusals {
  /** Why a connection is refused. */
  enum Kind {
    NOT_A_WORKER("it did not begin as a worker does"),
    WRONG_SECRET("it does not know the secret of the launch"),
    TOO_SLOW("it did not authenticate in time"),
    TOO_MANY("too many connections had not authenticated"),
    BAD_FRAME("it authenticated, then sent what no worker sends"),
    WRONG_LENGTH("it authenticated, then announced a gradient of the wrong length"),
    UNEXPECTED("the driver failed on its message");

    private final String why;

    Kind(String why) {
      this.why = why;
    }
  }

  private final Map<Kind, Integer> counts = new ConcurrentHashMap<>();
  private final Consumer<String> notice;

  /**
   * @param notice takes a sentence for the user
   */
  Refusals(Consumer<String> notice) {
    this.notice = notice;
  }

  /** Counts a connection and closes it. */
  void refuse(Channel channel, Kind kind) {
    add(kind, channel.remoteAddress(), "");
    ChannelFuture unused = channel.close();
  }

  /**
   * Counts a refusal.
   *
   * @param peer that is refused; null if it is gone already
   * @param detail for the user, not for the peer; appended to the sentence
   */
  void add(Kind kind, SocketAddress peer, String detail) {
    if (counts.merge(kind, 1, Integer::sum) == 1) {
      notice.accept(
          "Refused a connection from %s: %s%s (more of this kind are only counted)"
              .formatted(name(peer), kind.why, detail));
    }
  }

  private static String name(SocketAddress peer) {
    return peer == null ? "a peer that is gone" : peer.toString().replaceFirst("^.*/", "");
  }

  /** Reports how many there were of each kind, if there were any. */
  void report() {
    String each =
        counts.entrySet().stream()
            .sorted(Comparator.comparing(Map.Entry::getKey))
            .map(e -> e.getValue() + " because " + e.getKey().why)
            .collect(Collectors.joining(", "));
    if (!each.isEmpty()) {
      notice.accept("Connections refused during this launch: " + each);
    }
  }
}
