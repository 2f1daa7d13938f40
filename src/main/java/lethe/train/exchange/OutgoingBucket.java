package lethe.train.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import lethe.train.gradient.WireFormat;
import lethe.train.seal.MessageCipher;
import lethe.train.seal.Sealable;
import lethe.train.seal.SegmentCipher;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.util.AbstractFileRegion;

/**
 * A bucket on its way out: encoded and sealed piece by piece as the network takes it, in memory
 * that is reused. A whole copy would have to be zeroed, written and read once more, and these
 * passes over memory cost more than the network.
 */
public final class OutgoingBucket extends PlainBuffer implements Sealable {
  private final float[] values;
  private final WireFormat wire;
  private final MessageCipher cipher;
  private final byte[] bound;

  /**
   * An unsealed bucket.
   *
   * @param values not to be changed before they are sent
   */
  public OutgoingBucket(float[] values, WireFormat wire) {
    this(values, wire, MessageCipher.NONE, new byte[0]);
  }

  private OutgoingBucket(float[] values, WireFormat wire, MessageCipher cipher, byte[] bound) {
    this.values = values;
    this.wire = wire;
    this.cipher = cipher;
    this.bound = bound;
  }

  @Override
  public OutgoingBucket sealed(MessageCipher with, byte[] to) {
    return new OutgoingBucket(values, wire, with, to);
  }

  @Override
  public long size() {
    return cipher.sealedLength(wire.bytes(values.length));
  }

  @Override
  public ByteBuffer nioByteBuffer() {
    ByteBuffer all = ByteBuffer.allocate((int) size());
    Region region = new Region();
    try {
      while (all.hasRemaining()) {
        all.put(region.next());
      }
    } finally {
      region.release();
    }
    return all.flip();
  }

  @Override
  public InputStream createInputStream() {
    return new ByteArrayInputStream(nioByteBuffer().array());
  }

  @Override
  public Object convertToNetty() {
    return new Region();
  }

  @Override
  public ManagedBuffer retain() {
    return this;
  }

  @Override
  public ManagedBuffer release() {
    return this;
  }

  /** Looks to Netty like a file that is written piece by piece. */
  private final class Region extends AbstractFileRegion {
    private final MessageCipher.Stream stream = cipher.stream(bound);
    private ByteBuf memory;
    private ByteBuffer piece;
    private int encoded;
    private long sent;

    /** The next bytes to be sent; empty when there are no more. */
    ByteBuffer next() {
      if (memory == null) {
        memory = PooledByteBufAllocator.DEFAULT.directBuffer(stream.most());
        piece = memory.nioBuffer(0, stream.most()).limit(0);
      }
      if (!piece.hasRemaining() && encoded < values.length) {
        int from = encoded;
        encoded += Math.min(values.length - from, SegmentCipher.SEGMENT_BYTES / wire.bytes(1));
        piece.clear();
        stream.put(
            clear -> wire.encode(values, from, encoded - from, clear),
            encoded == values.length,
            piece);
        piece.flip();
      }
      return piece;
    }

    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
      int written = target.write(next());
      sent += written;
      return written;
    }

    @Override
    public long count() {
      return size();
    }

    @Override
    public long position() {
      return 0;
    }

    @Override
    public long transferred() {
      return sent;
    }

    @Override
    protected void deallocate() {
      if (memory != null) {
        memory.release();
      }
    }
  }
}
