package lethe.model.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import lethe.folder.Files;
import org.apache.commons.codec.binary.Hex;
import org.apache.hadoop.fs.Path;

/**
 * Writes safetensors files.
 *
 * @param files to write with
 * @param dtype of the written elements
 */
public record SafetensorsWriter(Files files, Dtype dtype) {
  private static final int PIECE_ELEMENTS = 1 << 18;

  /**
   * Writes a file.
   *
   * @param tensors in the order they are stored
   * @param source read once for each tensor, in ascending ranges
   * @return the file's SHA-256, in hexadecimal
   * @throws IllegalStateException when a value is not finite in the dtype
   * @throws java.io.UncheckedIOException when the file cannot be written
   */
  public String write(Path path, List<NamedShape> tensors, TensorSource source) {
    MessageDigest digest = Files.sha256();
    files.write(path, out -> write(path, tensors, source, new DigestOutputStream(out, digest)));
    return Hex.encodeHexString(digest.digest());
  }

  private void write(Path path, List<NamedShape> tensors, TensorSource source, OutputStream out)
      throws IOException {
    byte[] header = SafetensorsHeader.bytes(tensors, dtype);
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.write(length.putLong(header.length).array());
    out.write(header);
    float[] values = new float[PIECE_ELEMENTS];
    byte[] stored = new byte[PIECE_ELEMENTS * dtype.bytes()];
    for (NamedShape tensor : tensors) {
      long elements = tensor.elements();
      for (long from = 0; from < elements; from += PIECE_ELEMENTS) {
        int count = (int) Math.min(elements - from, PIECE_ELEMENTS);
        source.read(tensor.name(), from, values, 0, count);
        checkFinite(path.getParent(), tensor, from, values, count);
        dtype.encode(values, 0, count, ByteBuffer.wrap(stored));
        out.write(stored, 0, count * dtype.bytes());
      }
    }
  }

  private void checkFinite(Path folder, NamedShape tensor, long from, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(dtype.round(values[i]))) {
        throw new IllegalStateException(
            "Cannot write %s to %s: element %d is %s, which is not finite in %s"
                .formatted(tensor.name(), folder, from + i, values[i], dtype.configName()));
      }
    }
  }
}
