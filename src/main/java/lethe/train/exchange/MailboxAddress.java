package lethe.train.exchange;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import lethe.train.seal.MessageCipher;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;

/**
 * How a worker reaches the mailbox of one launch.
 *
 * @param host of the driver
 * @param port of the mailbox
 * @param launch of the training stage
 * @param secret both sides prove to know
 * @param settings Spark's own network settings of the run
 */
public record MailboxAddress(
    String host, int port, int launch, String secret, Map<String, String> settings)
    implements Serializable {
  static final String USER = "lethe";
  private static final String CRYPTO = "spark.network.crypto.enabled";

  /**
   * How long a connection may be silent. A worker that waits for weights sends nothing until the
   * slowest worker is done, so this must exceed any train.step-timeout, which is what ends such a
   * wait. That the other end is gone is noticed by {@link lethe.train.guard.KeepAlive}.
   */
  private static final String IDLE_TIMEOUT = "24h";

  public MailboxAddress {
    settings = new HashMap<>(settings);
  }

  /** The address without the secret, which must not reach a log. */
  @Override
  public String toString() {
    return "MailboxAddress[" + host + ":" + port + ", launch " + launch + "]";
  }

  /** What protects the messages: nothing, unless {@code spark.network.crypto.enabled}. */
  MessageCipher cipher() {
    return cipher(settings, secret);
  }

  static MessageCipher cipher(Map<String, String> spark, String secret) {
    return spark.getOrDefault(CRYPTO, "false").equals("true")
        ? MessageCipher.of(secret, Message.BYTES)
        : MessageCipher.NONE;
  }

  /** Spark's transport with its authentication; {@link MessageCipher} replaces its encryption. */
  TransportConf transport() {
    return transport(settings);
  }

  static TransportConf transport(Map<String, String> spark) {
    Map<String, String> own = new HashMap<>(spark);
    own.put("spark.lethe.io.connectionTimeout", IDLE_TIMEOUT);
    own.put(CRYPTO, "false");
    own.putIfAbsent("spark.lethe.io.preferDirectBufs", "true");
    return new TransportConf("lethe", new MapConfigProvider(own));
  }

  SecretKeyHolder keys() {
    return keys(secret);
  }

  static SecretKeyHolder keys(String secret) {
    return new SecretKeyHolder() {
      @Override
      public String getSaslUser(String appId) {
        return USER;
      }

      @Override
      public String getSecretKey(String appId) {
        return secret;
      }
    };
  }
}
