package lethe.model.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import lethe.json.Json;

/** Tensors of whole numbers of 64 bits, which only files for tests of parity have. */
public final class LongTensor {
  private LongTensor() {}

  /** All elements of a tensor, in order. */
  public static long[] read(Safetensors file, String name) {
    if (!file.type(name).equals("I64")) {
      throw new IllegalStateException(name + " of " + file.path() + " has no whole numbers");
    }
    try (FileChannel channel = FileChannel.open(Path.of(file.path().toUri().getPath()))) {
      int headerBytes = (int) bytes(channel, 0, Long.BYTES).getLong();
      byte[] header = bytes(channel, Long.BYTES, headerBytes).array();
      var offsets = Json.MAPPER.readTree(header).path(name).path("data_offsets");
      long begin = offsets.get(0).asLong();
      int length = (int) (offsets.get(1).asLong() - begin);
      long[] values = new long[length / Long.BYTES];
      bytes(channel, Long.BYTES + headerBytes + begin, length).asLongBuffer().get(values);
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer bytes(FileChannel channel, long from, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {}
    return bytes.flip();
  }
}
