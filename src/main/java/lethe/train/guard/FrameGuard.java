package lethe.train.guard;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/**
 * Reads the beginning of every frame of a connection before Spark's decoder does, and closes the
 * connection at the first that no worker would send. Spark's decoder waits for as many bytes as a
 * frame claims, and its authentication allocates what a name claims.
 *
 * <pre>
 *   frame   = length of all (8 bytes) + type (1) + the rest
 *   message = request id (8) + length of the body (4) + body                          type 3
 *   stream  = length of the name (4) + name                                           type 6
 *   upload  = request id (8) + length of the head (4) + head + length of the body (8) type 10
 *             after which the body follows without a frame
 * </pre>
 *
 * Before a connection has authenticated, a frame must be a message of at most {@value
 * #NEWCOMER_BYTES} bytes whose body begins like one of Spark's SASL under the one name there is,
 * and is handed on when it is there as a whole. Afterwards the three types above are all that is
 * let through, and what they claim must agree. Used by the connection's event loop alone.
 */
final class FrameGuard extends ChannelDuplexHandler {
  /** Most bytes of a frame before authentication; those of a worker have about 400. */
  static final int NEWCOMER_BYTES = 1024;

  /** Most bytes of a frame: the largest is a probe, 8 bytes for each shard and domain. */
  static final int MESSAGE_BYTES = 64 << 20;

  /** Most bytes of the frame that asks for a stream; those of a worker have about 50. */
  private static final int STREAM_BYTES = 128;

  private static final byte MESSAGE = 3;
  private static final byte STREAM = 6;
  private static final byte UPLOAD = 10;
  private static final int START = 9; // length and type
  private static final byte SASL = (byte) 0xEA;

  private final byte[] opening;
  private final Uploads uploads;
  private final BooleanSupplier authenticated;
  private final Newcomers newcomers;
  private final Refusals refusals;
  private ByteBuf frame = Unpooled.EMPTY_BUFFER;
  private long passing; // bytes still to come that are handed on as they are
  private boolean trusted;
  private boolean refused;

  /**
   * @param user whose name all workers give
   * @param authenticated whether the connection has authenticated by now
   */
  FrameGuard(
      String user,
      Uploads uploads,
      BooleanSupplier authenticated,
      Newcomers newcomers,
      Refusals refusals) {
    this.opening = opening(user.getBytes(StandardCharsets.UTF_8));
    this.uploads = uploads;
    this.authenticated = authenticated;
    this.newcomers = newcomers;
    this.refusals = refusals;
  }

  /** With what the body of a SASL message begins: its mark, and a name with its length. */
  private static byte[] opening(byte[] user) {
    return ByteBuffer.allocate(5 + user.length).put(SASL).putInt(user.length).put(user).array();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object data) {
    ByteBuf in = (ByteBuf) data;
    try {
      while (in.isReadable() && !refused && context.channel().isActive()) {
        if (passing > 0) {
          int count = (int) Math.min(passing, in.readableBytes());
          passing -= count;
          context.fireChannelRead(in.readRetainedSlice(count));
        } else {
          collect(context, in);
        }
      }
    } finally {
      in.release();
    }
  }

  /** Collects the part of a frame that is looked at, and hands it on. */
  private void collect(ChannelHandlerContext context, ByteBuf in) {
    if (frame.capacity() == 0) {
      frame = Unpooled.buffer(STREAM_BYTES, NEWCOMER_BYTES);
    }
    move(in, START);
    if (frame.readableBytes() < START) {
      return;
    }
    if (!lengthIsRight()) {
      refuse(context, trusted ? Refusals.Kind.BAD_FRAME : Refusals.Kind.NOT_A_WORKER);
      return;
    }
    move(in, looked());
    if (frame.readableBytes() == looked()) {
      handOn(context);
    }
  }

  private void move(ByteBuf in, int upTo) {
    int missing = Math.max(0, upTo - frame.readableBytes());
    frame.writeBytes(in, Math.min(missing, in.readableBytes()));
  }

  private boolean lengthIsRight() {
    long length = length();
    return switch (type()) {
      case MESSAGE -> length > START + 12 && length <= (trusted ? MESSAGE_BYTES : NEWCOMER_BYTES);
      case STREAM -> trusted && length > START + 4 && length <= STREAM_BYTES;
      case UPLOAD -> trusted && length == START + 12 + uploads.headBytes() + 8;
      default -> false;
    };
  }

  private long length() {
    return frame.getLong(0);
  }

  private byte type() {
    return frame.getByte(8);
  }

  /** How many bytes of the frame are looked at before it is handed on. */
  private int looked() {
    return trusted && type() == MESSAGE ? START + 12 : (int) length();
  }

  private void handOn(ChannelHandlerContext context) {
    boolean right =
        switch (type()) {
          case MESSAGE -> length() == START + 12L + frame.getInt(START + 8) && (trusted || opens());
          case STREAM -> length() == START + 4L + frame.getInt(START);
          default -> frame.getInt(START + 8) == uploads.headBytes();
        };
    if (!right) {
      refuse(context, trusted ? Refusals.Kind.BAD_FRAME : Refusals.Kind.NOT_A_WORKER);
      return;
    }
    passing = length() - frame.readableBytes();
    if (type() == UPLOAD) {
      int head = uploads.headBytes();
      passing = frame.getLong(START + 12 + head);
      byte[] copy = new byte[head];
      frame.getBytes(START + 12, copy);
      if (uploads.bytes(ByteBuffer.wrap(copy)).orElse(-1) != passing) {
        refuse(context, Refusals.Kind.WRONG_LENGTH);
        return;
      }
    }
    ByteBuf whole = frame;
    frame = Unpooled.EMPTY_BUFFER;
    context.fireChannelRead(whole);
    if (!trusted && authenticated.getAsBoolean()) {
      trusted = true;
      newcomers.leave(context.channel());
    }
  }

  /** Whether the body of the message begins as Spark's SASL does, and claims what there is. */
  private boolean opens() {
    int begin = START + 12;
    int rest = frame.readableBytes() - begin - opening.length - 4;
    return rest >= 0
        && frame.slice(begin, opening.length).equals(Unpooled.wrappedBuffer(opening))
        && frame.getInt(begin + opening.length) == rest;
  }

  private void refuse(ChannelHandlerContext context, Refusals.Kind kind) {
    refused = true;
    refusals.refuse(context.channel(), kind);
  }

  /**
   * A connection that breaks is closed; Spark would print a stack trace before it does the same.
   */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
    if (cause instanceof IOException) {
      ChannelFuture unused = context.close();
    } else {
      super.exceptionCaught(context, cause);
    }
  }

  /** What cannot be sent, because the peer is gone, closes the connection without a word, too. */
  @Override
  public void write(ChannelHandlerContext context, Object data, ChannelPromise promise) {
    context
        .write(data)
        .addListener(ChannelFutureListener.CLOSE_ON_FAILURE)
        .addListener(
            sent -> {
              if (sent.isSuccess() || sent.cause() instanceof IOException) {
                promise.trySuccess();
              } else {
                promise.tryFailure(sent.cause());
              }
            });
  }
}
