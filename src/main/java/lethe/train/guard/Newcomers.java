package lethe.train.guard;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The connections of one server that have not authenticated. There is a limit on their number and
 * on the time each may take, and neither keeps a true worker out: when there are too many, the
 * oldest goes, of the address that has the most of them. A connection that has authenticated is not
 * counted and never dropped. Used by several threads.
 */
final class Newcomers {
  private final int most;
  private final Duration patience;
  private final Refusals refusals;
  private final Set<Channel> waiting = new LinkedHashSet<>(); // guarded by this, oldest first

  /**
   * @param most connections that may be unauthenticated at a time
   * @param patience for the whole of a connection's authentication, however many bytes it sends
   */
  Newcomers(int most, Duration patience, Refusals refusals) {
    this.most = most;
    this.patience = patience;
    this.refusals = refusals;
  }

  /** Admits a connection until its patience is over; another may have to go. */
  void admit(Channel channel) {
    Optional<Channel> surplus = surplus(channel);
    Future<?> end =
        channel
            .eventLoop()
            .schedule(() -> expire(channel), patience.toMillis(), TimeUnit.MILLISECONDS);
    channel
        .closeFuture()
        .addListener(
            closed -> {
              end.cancel(false); // it would hold the channel until then
              leave(channel);
            });
    surplus.ifPresent(one -> refusals.refuse(one, Refusals.Kind.TOO_MANY));
  }

  /**
   * Notes that a connection has authenticated, or is closed.
   *
   * @return whether it was waiting
   */
  synchronized boolean leave(Channel channel) {
    return waiting.remove(channel);
  }

  private void expire(Channel channel) {
    if (leave(channel)) {
      refusals.refuse(channel, Refusals.Kind.TOO_SLOW);
    }
  }

  private synchronized Optional<Channel> surplus(Channel channel) {
    waiting.add(channel);
    if (waiting.size() <= most) {
      return Optional.empty();
    }
    Map<String, Long> byAddress =
        waiting.stream()
            .map(Newcomers::address)
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    long busiest = byAddress.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    Optional<Channel> oldest =
        waiting.stream().filter(one -> byAddress.get(address(one)) == busiest).findFirst();
    oldest.ifPresent(waiting::remove);
    return oldest;
  }

  /** Without the port; of a connection that is closed already it is not known. */
  private static String address(Channel channel) {
    return channel.remoteAddress() instanceof InetSocketAddress peer ? peer.getHostString() : "";
  }
}
