package lethe.train.guard;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import jdk.net.ExtendedSocketOptions;

/**
 * Probes of the operating system on a connection that is silent, so that a firewall does not forget
 * it, and so that one whose other end is gone is noticed within a minute. A worker that waits for
 * the slowest sends nothing for as long as that takes, and the system's own first probe comes after
 * two hours. Where the system or the transport cannot set these times, its own remain.
 */
public final class KeepAlive {
  /** Seconds of silence before the first probe. */
  static final int IDLE_SECONDS = 20;

  /** Seconds between probes. */
  static final int INTERVAL_SECONDS = 10;

  /** Unanswered probes after which a connection is closed. */
  static final int PROBES = 4;

  private KeepAlive() {}

  /** Switches the probes on. */
  public static void on(Channel channel) {
    set(channel, ChannelOption.SO_KEEPALIVE, true);
    boolean epoll = channel instanceof EpollSocketChannel;
    set(channel, epoll ? EpollChannelOption.TCP_KEEPIDLE : idle(), IDLE_SECONDS);
    set(channel, epoll ? EpollChannelOption.TCP_KEEPINTVL : interval(), INTERVAL_SECONDS);
    set(channel, epoll ? EpollChannelOption.TCP_KEEPCNT : probes(), PROBES);
  }

  private static <T> void set(Channel channel, ChannelOption<T> option, T value) {
    channel.config().setOption(option, value); // false where the option is not known
  }

  static ChannelOption<Integer> idle() {
    return NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE);
  }

  static ChannelOption<Integer> interval() {
    return NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL);
  }

  static ChannelOption<Integer> probes() {
    return NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT);
  }
}
