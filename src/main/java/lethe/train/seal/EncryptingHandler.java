package lethe.train.seal;

import java.nio.ByteBuffer;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;

/**
 * Opens requests before another handler sees them, and seals its responses. Refusals travel in the
 * clear: they name workers, steps and tensors, but no computed values.
 */
public final class EncryptingHandler extends RpcHandler {
  private final RpcHandler inner;
  private final MessageCipher cipher;

  public EncryptingHandler(RpcHandler inner, MessageCipher cipher) {
    this.inner = inner;
    this.cipher = cipher;
  }

  @Override
  public void receive(TransportClient client, ByteBuffer body, RpcResponseCallback answer) {
    ByteBuffer message;
    try {
      message = cipher.openRequest(body);
    } catch (IllegalStateException e) {
      answer.onFailure(e);
      return;
    }
    byte[] head = cipher.head(message);
    inner.receive(
        client,
        message,
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer response) {
            answer.onSuccess(cipher.sealResponse(head, response));
          }

          @Override
          public void onFailure(Throwable e) {
            answer.onFailure(e);
          }
        });
  }

  @Override
  public StreamCallbackWithID receiveStream(
      TransportClient client, ByteBuffer head, RpcResponseCallback answer) {
    byte[] bound = cipher.head(head);
    return cipher.decrypting(bound, inner.receiveStream(client, head, answer));
  }

  @Override
  public StreamManager getStreamManager() {
    StreamManager clear = inner.getStreamManager();
    return new StreamManager() {
      @Override // called by Spark from 3.5.9 and 4.2 on
      public void checkAuthorization(TransportClient client, String id) {
        clear.checkAuthorization(client, id);
      }

      @Override
      public ManagedBuffer getChunk(long stream, int chunk) {
        return clear.getChunk(stream, chunk);
      }

      @Override
      public ManagedBuffer openStream(String id) {
        return ((Sealable) clear.openStream(id)).sealed(cipher, MessageCipher.bound(id));
      }
    };
  }
}
