package lethe.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/** A safetensors file, read a range of a tensor at a time. */
public final class Safetensors implements TensorSource {
  private static final int LENGTH_BYTES = 8;

  /** A type that can be read, but not written: it has no {@link Dtype}. */
  private static final String FLOAT64 = "F64";

  private final Path path;
  private final Files files;
  private final SafetensorsHeader header;
  private final long dataStart;

  private Safetensors(Path path, Files files, SafetensorsHeader header, long dataStart) {
    this.path = path;
    this.files = files;
    this.header = header;
    this.dataStart = dataStart;
  }

  /**
   * Opens a file and reads its header, but no tensors.
   *
   * @throws InvalidSettings when there is no such file, or its header is wrong in itself or does
   *     not fit the file's length
   */
  public static Safetensors open(Path path, Files files) {
    long fileBytes = files.length(path);
    try {
      if (fileBytes < LENGTH_BYTES) {
        throw new IllegalArgumentException("it has " + fileBytes + " bytes, too few for a header");
      }
      byte[] length = range(files, path, 0, LENGTH_BYTES).array();
      HfFolder.refusePointer(path, length);
      long headerBytes = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
      long most = Math.min(fileBytes - LENGTH_BYTES, SafetensorsHeader.MAXIMUM_BYTES);
      if (headerBytes < 0 || headerBytes > most) {
        throw new IllegalArgumentException(
            "its header claims %s bytes, but at most %d are possible"
                .formatted(Long.toUnsignedString(headerBytes), most));
      }
      byte[] json = range(files, path, LENGTH_BYTES, (int) headerBytes).array();
      long dataStart = LENGTH_BYTES + headerBytes;
      SafetensorsHeader header = SafetensorsHeader.parse(json, fileBytes - dataStart);
      return new Safetensors(path, files, header, dataStart);
    } catch (InvalidSettings e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new InvalidSettings(
          List.of("Cannot read " + path + ": " + e.getMessage() + "; fetch the file again"));
    }
  }

  Path path() {
    return path;
  }

  /** Every tensor, in the order of their data. */
  public List<NamedShape> tensors() {
    return header.entries().values().stream().map(SafetensorsHeader.Entry::tensor).toList();
  }

  /** The element type the header names, for example {@code BF16} or {@code I64}. */
  String type(String name) {
    return entry(name).type();
  }

  /** Whether elements can be read as floats. */
  boolean isFloat(String name) {
    return type(name).equals(FLOAT64) || Dtype.ofCode(type(name)).isPresent();
  }

  /** A tensor's name and shape. */
  NamedShape tensor(String name) {
    return entry(name).tensor();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Elements of 64 bits are rounded to the nearest float.
   *
   * @throws InvalidSettings when there is no such tensor or range, or its elements cannot be read
   *     as floats
   */
  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    if (!isFloat(name)) {
      throw new InvalidSettings(
          "Cannot read %s of %s as floats: its elements are %s".formatted(name, path, type(name)));
    }
    Objects.checkFromIndexSize(offset, count, to.length);
    int bytes = entry(name).elementBytes();
    Optional<Dtype> dtype = Dtype.ofCode(type(name));
    int[] at = {offset};
    pieces(
        name,
        fromElement,
        count,
        piece -> {
          int elements = piece.remaining() / bytes;
          if (dtype.isPresent()) {
            dtype.get().decode(piece, to, at[0], elements);
          } else {
            narrow(piece, to, at[0], elements);
          }
          at[0] += elements;
        });
  }

  private static void narrow(ByteBuffer from, float[] to, int offset, int count) {
    ByteBuffer little = from.slice().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      to[offset + i] = (float) little.getDouble(i * Double.BYTES);
    }
  }

  private void pieces(String name, long fromElement, int count, Files.Piece use) {
    SafetensorsHeader.Entry entry = entry(name);
    if (fromElement < 0 || fromElement > entry.elements() - count) {
      throw new InvalidSettings(
          "Cannot read %d elements from element %d of %s in %s: it has %d elements"
              .formatted(count, fromElement, name, path, entry.elements()));
    }
    long from = dataStart + entry.begin() + fromElement * entry.elementBytes();
    files.readRange(path, from, (long) count * entry.elementBytes(), use);
  }

  private SafetensorsHeader.Entry entry(String name) {
    SafetensorsHeader.Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new InvalidSettings("Cannot read " + name + ": " + path + " does not have it");
    }
    return entry;
  }

  private static ByteBuffer range(Files files, Path path, long from, int bytes) {
    ByteBuffer whole = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    files.readRange(path, from, bytes, whole::put);
    return whole.flip();
  }
}
