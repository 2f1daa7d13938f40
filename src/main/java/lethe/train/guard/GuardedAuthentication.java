package lethe.train.guard;

import io.netty.channel.Channel;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.spark.network.sasl.SaslServerBootstrap;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.server.AbstractAuthRpcHandler;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.TransportServerBootstrap;
import org.apache.spark.network.util.TransportConf;

/**
 * Prepares each connection of a server: Spark's SASL (DIGEST-MD5), and what guards it. The guard
 * comes first in a connection's pipeline, because Spark builds its own after the bootstraps.
 */
public final class GuardedAuthentication implements TransportServerBootstrap {
  /**
   * What is granted to connections that have not authenticated.
   *
   * @param connections most of them at a time
   * @param patience for the authentication of one
   */
  public record Limits(int connections, Duration patience) {
    /**
     * A worker authenticates with two messages within milliseconds, so that 256 are more than join
     * at a time; its own patience with an answer is 30 s.
     */
    public static final Limits DEFAULT = new Limits(256, Duration.ofSeconds(30));
  }

  private final SaslServerBootstrap authentication;
  private final String user;
  private final Uploads uploads;
  private final Refusals refusals;
  private final Newcomers newcomers;

  /**
   * @param user whose name every worker gives
   * @param keys to the user's secret
   * @param notice takes a sentence for the user about what was refused
   */
  public GuardedAuthentication(
      TransportConf conf,
      String user,
      SecretKeyHolder keys,
      Uploads uploads,
      Limits limits,
      Consumer<String> notice) {
    this.authentication = new SaslServerBootstrap(conf, keys);
    this.user = user;
    this.uploads = uploads;
    this.refusals = new Refusals(notice);
    this.newcomers = new Newcomers(limits.connections(), limits.patience(), refusals);
  }

  @Override
  public RpcHandler doBootstrap(Channel channel, RpcHandler handler) {
    AbstractAuthRpcHandler sasl =
        (AbstractAuthRpcHandler) authentication.doBootstrap(channel, handler);
    KeepAlive.on(channel);
    channel
        .pipeline()
        .addLast(new FrameGuard(user, uploads, sasl::isAuthenticated, newcomers, refusals));
    newcomers.admit(channel);
    return new PlainAnswers(channel, sasl, refusals);
  }

  /** Reports what was refused; to be called when the server is closed. */
  public void report() {
    refusals.report();
  }
}
