package lethe.train.guard;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import lethe.train.seal.EncryptingHandler;
import lethe.train.seal.MessageCipher;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.AbstractAuthRpcHandler;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;
import org.junit.jupiter.api.Test;

/** Spark asks before it opens a stream whether a client may have it; whoever is between asks on. */
class StreamAuthorizationTest {
  private static final RpcHandler FORBIDS =
      new RpcHandler() {
        @Override
        public void receive(TransportClient client, ByteBuffer body, RpcResponseCallback answer) {
          throw new AssertionError("no message is sent");
        }

        @Override
        public StreamManager getStreamManager() {
          return new StreamManager() {
            @Override
            public void checkAuthorization(TransportClient client, String id) {
              throw new SecurityException(id + " is not for this client");
            }

            @Override
            public ManagedBuffer getChunk(long stream, int chunk) {
              throw new AssertionError("no chunk is read");
            }
          };
        }
      };

  @Test
  void theOneThatEncryptsAsksOn() {
    StreamManager streams = new EncryptingHandler(FORBIDS, MessageCipher.NONE).getStreamManager();
    assertThatThrownBy(() -> streams.checkAuthorization(null, "weights"))
        .isInstanceOf(SecurityException.class)
        .hasMessage("weights is not for this client");
  }

  /** From Spark 4.2 on it is the authentication itself that forbids. */
  @Test
  void theOneBeforeTheAuthenticationAsksOn() {
    AbstractAuthRpcHandler authentication =
        new AbstractAuthRpcHandler(FORBIDS) {
          @Override
          protected boolean doAuthChallenge(
              TransportClient client, ByteBuffer message, RpcResponseCallback answer) {
            return false;
          }
        };
    StreamManager streams = new PlainAnswers(null, authentication, null).getStreamManager();
    assertThatThrownBy(() -> streams.checkAuthorization(null, "weights"))
        .isInstanceOf(SecurityException.class);
  }
}
