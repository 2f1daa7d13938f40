package lethe.train.guard;

import io.netty.channel.Channel;
import java.nio.ByteBuffer;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.AbstractAuthRpcHandler;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;

/**
 * Stands between Spark's transport and its authentication on one connection: whatever fails, the
 * peer gets a sentence instead of a stack trace, and one that fails to authenticate is
 * disconnected.
 */
final class PlainAnswers extends RpcHandler {
  private final Channel channel;
  private final AbstractAuthRpcHandler inner;
  private final Refusals refusals;

  /**
   * @param inner authenticates the connection before it hands its messages on
   */
  PlainAnswers(Channel channel, AbstractAuthRpcHandler inner, Refusals refusals) {
    this.channel = channel;
    this.inner = inner;
    this.refusals = refusals;
  }

  @Override
  public void receive(TransportClient client, ByteBuffer message, RpcResponseCallback answer) {
    try {
      inner.receive(client, message, plain(answer));
    } catch (RuntimeException e) {
      if (inner.isAuthenticated()) {
        answer.onFailure(refusal(e));
      } else {
        answer.onFailure(new Refusal("Refused: the secret of this launch is another"));
        refusals.refuse(channel, Refusals.Kind.WRONG_SECRET); // after the answer
      }
    }
  }

  @Override
  public StreamCallbackWithID receiveStream(
      TransportClient client, ByteBuffer head, RpcResponseCallback answer) {
    return inner.receiveStream(client, head, plain(answer));
  }

  /** An answer may come long after its message, when the connection is gone. */
  private RpcResponseCallback plain(RpcResponseCallback answer) {
    return new RpcResponseCallback() {
      @Override
      public void onSuccess(ByteBuffer response) {
        if (channel.isActive()) {
          answer.onSuccess(response);
        }
      }

      @Override
      public void onFailure(Throwable cause) {
        if (channel.isActive()) {
          answer.onFailure(refusal(cause));
        }
      }
    };
  }

  /** Lethe's own refusals are sentences; anything else is a mistake in the driver's program. */
  private Refusal refusal(Throwable cause) {
    if (cause instanceof IllegalStateException || cause instanceof IllegalArgumentException) {
      return new Refusal(String.valueOf(cause.getMessage()));
    }
    StackTraceElement[] places = cause.getStackTrace();
    refusals.add(
        Refusals.Kind.UNEXPECTED,
        channel.remoteAddress(),
        ": " + cause + (places.length == 0 ? "" : " at " + places[0]));
    return new Refusal("The driver failed on this message; it says how");
  }

  @Override
  public StreamManager getStreamManager() {
    StreamManager streams = inner.getStreamManager();
    return new StreamManager() {
      @Override // called by Spark from 3.5.9 and 4.2 on
      public void checkAuthorization(TransportClient client, String id) {
        streams.checkAuthorization(client, id);
      }

      @Override
      public ManagedBuffer getChunk(long stream, int chunk) {
        return streams.getChunk(stream, chunk);
      }

      @Override
      public ManagedBuffer openStream(String id) {
        try {
          return streams.openStream(id);
        } catch (RuntimeException e) {
          throw refusal(e);
        }
      }
    };
  }

  @Override
  public void channelInactive(TransportClient client) {
    inner.channelInactive(client); // which gives its SASL server back
  }
}
