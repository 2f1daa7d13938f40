package lethe.tracking;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A training as an event file of TensorBoard: a sequence of TFRecords, each a message {@code Event}
 * of TensorFlow's protocol buffers.
 *
 * <pre>
 *   record   length (8 bytes, little-endian), masked crc32c of these 8, the bytes, their masked crc32c
 *   mask     crc rotated right by 15, plus 0xa282ead8
 *   Event    wall_time = 1 (double), step = 2 (int64), file_version = 3 (string), summary = 5 (Summary)
 *   Summary  value = 1 (Value), repeated;   Value   tag = 1 (string), simple_value = 2 (float)
 * </pre>
 *
 * After tensorflow/core/util/event.proto, framework/summary.proto and lib/io/record_writer.h.
 */
final class EventFile {
  /** What a reader of TensorBoard's looks for in a file's name. */
  static final String NAME = "events.out.tfevents.0.lethe";

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private EventFile() {}

  /** The whole content of a file. */
  static byte[] of(List<TrackedRun.Step> steps) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    double begun = steps.isEmpty() ? 0 : seconds(steps.get(0));
    ByteArrayOutputStream version = new ByteArrayOutputStream();
    number(version, 1, begun);
    bytes(version, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
    record(file, version.toByteArray());
    for (TrackedRun.Step step : steps) {
      ByteArrayOutputStream summary = new ByteArrayOutputStream();
      for (Map.Entry<String, Double> value : step.values().entrySet()) {
        ByteArrayOutputStream one = new ByteArrayOutputStream();
        bytes(one, 1, value.getKey().getBytes(StandardCharsets.UTF_8));
        varint(one, 2 << 3 | FIXED32);
        one.writeBytes(little(4).putFloat(value.getValue().floatValue()).array());
        bytes(summary, 1, one.toByteArray());
      }
      ByteArrayOutputStream event = new ByteArrayOutputStream();
      number(event, 1, seconds(step));
      varint(event, 2 << 3 | VARINT);
      varint(event, step.step());
      bytes(event, 5, summary.toByteArray());
      record(file, event.toByteArray());
    }
    return file.toByteArray();
  }

  private static double seconds(TrackedRun.Step step) {
    return step.finished().toEpochMilli() / 1e3;
  }

  private static void record(ByteArrayOutputStream file, byte[] message) {
    byte[] length = little(8).putLong(message.length).array();
    file.writeBytes(length);
    file.writeBytes(masked(length));
    file.writeBytes(message);
    file.writeBytes(masked(message));
  }

  private static byte[] masked(byte[] of) {
    CRC32C sum = new CRC32C();
    sum.update(of);
    int crc = (int) sum.getValue();
    return little(4).putInt(Integer.rotateRight(crc, 15) + 0xa282ead8).array();
  }

  private static void number(ByteArrayOutputStream to, int field, double value) {
    varint(to, field << 3 | FIXED64);
    to.writeBytes(little(8).putDouble(value).array());
  }

  private static void bytes(ByteArrayOutputStream to, int field, byte[] value) {
    varint(to, field << 3 | BYTES);
    varint(to, value.length);
    to.writeBytes(value);
  }

  private static void varint(ByteArrayOutputStream to, long value) {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      to.write((int) ((left & 0x7F) | 0x80));
      left >>>= 7;
    }
    to.write((int) left);
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
