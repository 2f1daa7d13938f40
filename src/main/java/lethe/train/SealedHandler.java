package lethe.train;

import java.nio.ByteBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;

/**
 * Opens questions before another handler sees them, and seals its answers. Refusals travel in the
 * clear: they name workers, steps and tensors, and no value that was computed.
 */
final class SealedHandler extends RpcHandler {
  private final RpcHandler inner;
  private final Seal seal;

  SealedHandler(RpcHandler inner, Seal seal) {
    this.inner = inner;
    this.seal = seal;
  }

  @Override
  public void receive(TransportClient client, ByteBuffer body, RpcResponseCallback answer) {
    ByteBuffer message;
    try {
      message = seal.openedQuestion(body);
    } catch (IllegalStateException e) {
      answer.onFailure(e);
      return;
    }
    byte[] head = Seal.head(message);
    inner.receive(
        client,
        message,
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer response) {
            answer.onSuccess(seal.answer(head, response));
          }

          @Override
          public void onFailure(Throwable e) {
            answer.onFailure(e);
          }
        });
  }

  @Override
  public StreamManager getStreamManager() {
    return inner.getStreamManager();
  }
}
