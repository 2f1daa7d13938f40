package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The fixed head of every message a worker sends; a payload may follow it.
 *
 * @param kind of the message
 * @param launch of the training stage; messages of older launches are refused
 * @param attempt of the stage within the launch
 * @param worker from 0
 * @param step the step worked on, from 0
 * @param node of the shard tree whose sum the payload is
 * @param slot of the gradient that the payload is
 */
public record Message(
    Kind kind, int launch, int attempt, int worker, int step, int node, Slot slot) {
  public static final int BYTES = 32;

  /** First byte of an {@link Kind#UNABLE} payload: the settings are wrong, as a user made them. */
  static final byte WRONG_SETTINGS = 1;

  /** First byte of an {@link Kind#UNABLE} payload: anything else. */
  static final byte WRONG_PROGRAM = 0;

  /** The kinds of messages from a worker. */
  public enum Kind {
    /**
     * I am here; payload: what I run on. Answer: the step to begin with, and {@link
     * lethe.train.steering.ProbeDecision}.
     */
    HELLO(1),
    /**
     * Are there the weights that {@code step} begins with? Answer, when they are: the key by which
     * their buckets can be fetched, each as a stream of the name key/bucket.
     */
    PULL(2),
    /**
     * One bucket of a node's gradient sum has been sent, as a stream that began with the same head.
     * Answer: empty, when there is room for more.
     */
    PUSH(3),
    /** My part of a step's sums (payload: {@link WorkerReport}), sent before its last PUSH. */
    REPORT(4),
    /**
     * My probe losses with the weights that {@code step} begins with (payload: for each shard and
     * domain the summed loss, doubles). Answer: {@link lethe.train.steering.ProbeDecision}, when
     * all workers have sent theirs.
     */
    PROBE(5),
    /**
     * I cannot do my part, and no other attempt could (payload: whether the settings are to blame,
     * a byte, and why); sent instead of any other message. Answer: empty.
     */
    UNABLE(6),
    /**
     * Are there the weights at which the forget terms' gradient of {@code step} is taken once more?
     * Answer as to PULL, when all gradients at the step's own weights have arrived.
     */
    PULL_MOVED(7);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /** A buffer with this head, its position at the payload. */
  public ByteBuffer buffer(int payloadBytes) {
    ByteBuffer buffer = ByteBuffer.allocate(BYTES + payloadBytes);
    buffer
        .putInt(kind.code)
        .putInt(launch)
        .putInt(attempt)
        .putInt(worker)
        .putInt(step)
        .putInt(node)
        .putInt(slot.part())
        .putInt(slot.bucket());
    return buffer;
  }

  /** Reads the head and leaves the buffer's position at the payload. */
  static Message read(ByteBuffer buffer) {
    if (buffer.remaining() < BYTES) {
      throw new IllegalArgumentException(
          "Cannot read a message of " + buffer.remaining() + " bytes");
    }
    buffer.order(ByteOrder.BIG_ENDIAN);
    int code = buffer.getInt();
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(k -> k.code == code)
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("Cannot read a message of kind " + code));
    return new Message(
        kind,
        buffer.getInt(),
        buffer.getInt(),
        buffer.getInt(),
        buffer.getInt(),
        buffer.getInt(),
        new Slot(buffer.getInt(), buffer.getInt()));
  }

  String where() {
    return "worker " + worker + " at step " + (step + 1);
  }
}
