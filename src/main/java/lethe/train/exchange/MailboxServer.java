package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import lethe.train.guard.GuardedAuthentication;
import lethe.train.guard.GuardedAuthentication.Limits;
import lethe.train.guard.Uploads;
import lethe.train.seal.EncryptingHandler;
import lethe.train.seal.MessageCipher;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.util.TransportConf;

/**
 * The port at which the workers of one launch reach its mailbox: Spark's transport, guarded against
 * peers that are none of them ({@link lethe.train.guard}).
 */
public final class MailboxServer implements AutoCloseable {
  private final TransportContext context;
  private final TransportServer server;
  private final GuardedAuthentication guard;

  /**
   * Opens the port.
   *
   * @param host address to listen on
   * @param port to listen on; 0: any free one
   * @param secret of the launch
   * @param settings Spark's own network settings of the run
   * @param notice takes a sentence for the user about connections that were refused
   */
  public MailboxServer(
      Mailbox mailbox,
      String host,
      int port,
      String secret,
      Map<String, String> settings,
      Consumer<String> notice) {
    this(mailbox, host, port, secret, settings, Limits.DEFAULT, notice);
  }

  MailboxServer(
      Mailbox mailbox,
      String host,
      int port,
      String secret,
      Map<String, String> settings,
      Limits limits,
      Consumer<String> notice) {
    TransportConf conf = MailboxAddress.transport(settings);
    MessageCipher cipher = MailboxAddress.cipher(settings, secret);
    guard =
        new GuardedAuthentication(
            conf,
            MailboxAddress.USER,
            MailboxAddress.keys(secret),
            gradients(mailbox, cipher),
            limits,
            notice);
    context = new TransportContext(conf, new EncryptingHandler(mailbox, cipher));
    try {
      server = context.createServer(host, port, List.of(guard));
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  /** What the workers upload, as it travels. */
  private static Uploads gradients(Mailbox mailbox, MessageCipher cipher) {
    return new Uploads() {
      @Override
      public int headBytes() {
        return Message.BYTES;
      }

      @Override
      public OptionalLong bytes(ByteBuffer head) {
        return mailbox.gradientBytes(head).stream().map(cipher::sealedLength).findFirst();
      }
    };
  }

  /** The port that is open. */
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    server.close();
    context.close();
    guard.report();
  }
}
