package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import lethe.train.gradient.WireFormat;
import org.apache.spark.network.client.StreamCallbackWithID;

/**
 * A bucket on its way in: what arrives becomes numbers piece by piece, in the transport's thread
 * and while it is still in the processor's cache.
 */
public class IncomingBucket implements StreamCallbackWithID {
  private final String id;
  private final WireFormat wire;
  private final float[] values;
  private final ByteBuffer cut; // the bytes of an element whose rest has not arrived
  private final CompletableFuture<float[]> whole = new CompletableFuture<>();
  private int elements;
  private long bytes;

  /**
   * @param values to fill
   */
  public IncomingBucket(String id, WireFormat wire, float[] values) {
    this.id = id;
    this.wire = wire;
    this.values = values;
    this.cut = ByteBuffer.allocate(wire.bytes(1));
  }

  /**
   * The values, when all have arrived. Fails with an {@link IllegalArgumentException} when they
   * were more or less than expected.
   */
  public CompletableFuture<float[]> whole() {
    return whole;
  }

  @Override
  public void onData(String stream, ByteBuffer piece) {
    bytes += piece.remaining();
    if (elements == values.length) {
      return; // too much, which is noticed at the end
    }
    while (cut.position() > 0 && piece.hasRemaining()) {
      cut.put(piece.get());
      if (!cut.hasRemaining()) {
        decode(cut.flip());
        cut.clear();
      }
    }
    decode(piece);
    while (piece.hasRemaining() && cut.hasRemaining()) {
      cut.put(piece.get());
    }
  }

  private void decode(ByteBuffer piece) {
    int from = elements;
    elements += wire.decode(piece, values, elements);
    look(values, from, elements);
  }

  /** Receives the values from one place (inclusive) to another (exclusive), as they arrive. */
  void look(float[] some, int from, int to) {}

  @Override
  public void onComplete(String stream) {
    if (bytes == wire.bytes(values.length)) {
      whole.complete(values);
    } else {
      whole.completeExceptionally(
          new IllegalArgumentException(
              "expected " + values.length + " elements of " + wire + ", got " + bytes + " bytes"));
    }
  }

  @Override
  public void onFailure(String stream, Throwable cause) {
    whole.completeExceptionally(cause);
  }

  @Override
  public String getID() {
    return id;
  }
}
