package lethe.corpus.source;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/** How a file is packed, by its first bytes: names are often wrong, or have no ending. */
enum Packing {
  NONE(""),
  GZIP("1f8b08"),
  ZSTD("28b52ffd"),
  BZIP2("425a68"),
  XZ("fd377a585a00"),
  ZIP("504b0304"),
  LZ4("04224d18"),
  SEVEN_ZIP("377abcaf271c");

  /** First bytes of a file, which show how it is packed. */
  static final int HEAD_BYTES = 10;

  private static final byte[] BLOCK = HexFormat.of().parseHex("314159265359");
  private static final byte[] END = HexFormat.of().parseHex("177245385090");
  private static final byte[] SKIPPABLE = HexFormat.of().parseHex("2a4d18");

  /** The first bytes, in hexadecimal. */
  private final String magic;

  Packing(String hex) {
    this.magic = hex;
  }

  /**
   * @param head the first {@link #HEAD_BYTES} bytes, or all of a shorter file
   */
  static Packing of(byte[] head) {
    for (Packing packing : values()) {
      if (packing != NONE && packing.begins(head)) {
        return packing;
      }
    }
    // Tools that compress in parallel begin with a frame of their own, 50 to 5f.
    boolean skippable = head.length > 3 && (head[0] & 0xF0) == 0x50 && at(head, 1, SKIPPABLE);
    return skippable ? ZSTD : NONE;
  }

  private boolean begins(byte[] head) {
    return at(head, 0, HexFormat.of().parseHex(magic))
        && (this != BZIP2 || at(head, 4, BLOCK) || at(head, 4, END)); // "BZh" alone may be a text
  }

  private static boolean at(byte[] head, int from, byte[] bytes) {
    int to = from + bytes.length;
    return head.length >= to && Arrays.equals(head, from, to, bytes, 0, bytes.length);
  }

  /** Why such a file cannot be read; null where it can. */
  String refusal() {
    return switch (this) {
      case ZIP, LZ4, SEVEN_ZIP ->
          "it is packed as %s; unpack it, or pack it with gzip, zstd, bzip2 or xz"
              .formatted(name().toLowerCase(java.util.Locale.ROOT).replace("seven_zip", "7z"));
      default -> null;
    };
  }

  /**
   * What is packed.
   *
   * @param in from its first byte
   */
  InputStream unpacked(InputStream in) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP -> new GzipStream(in);
      // Archives made with --long have windows beyond the default limit of 128 MiB.
      case ZSTD -> new ZstdInputStream(in).setLongMax(31);
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
      case XZ -> new XZInputStream(in);
      default -> throw new IOException(refusal());
    };
  }
}
