package lethe.badinput;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Corpora of other formats than lines of JSON, and conditions on documents. */
final class CorpusDamage {
  private CorpusDamage() {}

  /** The ending of a file's name that says its format. */
  static String ending(Random random) {
    return OddValues.pick(List.of("gz", "zst", "parquet", "csv", "orc"), random);
  }

  /** A corpus of a format; of Parquet and ORC, only what such files begin and end with. */
  static byte[] packed(byte[] lines, String ending) throws IOException {
    return switch (ending) {
      case "gz" -> gzip(lines);
      case "zst" -> Zstd.compress(lines);
      case "parquet" -> "PAR1\u0000\u0001\u0002PAR1".getBytes(ISO_8859_1);
      case "orc" -> "ORC\u0000\u0001".getBytes(ISO_8859_1);
      default -> "id,text\na,\"some text\"\nb,\"more\ntext\"\n".getBytes(UTF_8);
    };
  }

  private static byte[] gzip(byte[] text) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(text);
    }
    return packed.toByteArray();
  }

  /** A condition that is deep, long, no SQL, or fails on every document. */
  static String condition(Random random) {
    int deep = 1_000 + random.nextInt(9_000);
    return switch (random.nextInt(6)) {
      case 0 -> "(".repeat(deep) + "true" + ")".repeat(deep);
      case 1 -> "NOT ".repeat(deep) + "true";
      case 2 -> "domain = 'a'" + " OR domain = 'a'".repeat(deep);
      case 3 -> "text RLIKE '" + "(".repeat(1 + random.nextInt(3)) + "a+)+'";
      case 4 -> OddValues.text(random);
      default -> "raise_error(text) IS NULL";
    };
  }
}
