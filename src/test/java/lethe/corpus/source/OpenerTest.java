package lethe.corpus.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Files are opened by their first bytes, and cut anywhere. */
class OpenerTest {
  private static final Opener OPENER = new Opener(new Configuration());
  private static final String TEXT = "{\"id\": 1}\n\n{\"id\": \"\u00e9\"}\r\nlast";

  /** Made with Python: all optional fields, and what its gzip reads of it. */
  private static final byte[] WITH_FIELDS =
      HexFormat.of()
          .parseHex(
              "1f8b081e000000000003050065787472616e616d6500636f6d6d656e740003a5ab56ca4c51b252504a57d251502a49ad280171f2d314d2ab320b946ab900424418f01f000000");

  @TempDir Path folder;

  @Test
  void theFirstBytesSayHowAFileIsPackedNotItsName() throws IOException {
    byte[] plain = TEXT.getBytes(UTF_8);
    byte[] skippable = HexFormat.of().parseHex("502a4d180400000001020304");
    for (byte[] packed :
        List.of(
            plain,
            gzip(plain),
            join(
                gzip(TEXT.substring(0, 7).getBytes(UTF_8)),
                gzip(TEXT.substring(7).getBytes(UTF_8))),
            Zstd.compress(plain),
            join(skippable, Zstd.compress(plain)),
            bzip2(plain),
            xz(plain),
            join(HexFormat.of().parseHex("efbbbf"), plain),
            join(HexFormat.of().parseHex("fffe"), TEXT.getBytes(StandardCharsets.UTF_16LE)),
            join(HexFormat.of().parseHex("feff"), TEXT.getBytes(StandardCharsets.UTF_16BE)),
            gzip(
                join(HexFormat.of().parseHex("fffe"), TEXT.getBytes(StandardCharsets.UTF_16LE))))) {
      for (String name : List.of("f.jsonl", "f.gz", "f.zstd", "f")) {
        Path file = Files.write(folder.resolve(name), packed);
        assertThat(lines(file, 0, packed.length))
            .as(name + " " + HexFormat.of().formatHex(packed))
            .containsExactly("{\"id\": 1}", "{\"id\": \"\u00e9\"}\r", "last");
      }
    }
  }

  @Test
  void gzipIsReadAsPythonReadsIt() throws IOException {
    byte[] twice = join(WITH_FIELDS, WITH_FIELDS, new byte[100]);
    String line = "{\"id\": \"g\", \"text\": \"of gzip\"}\n";
    assertThat(unpacked(new ByteArrayInputStream(twice))).isEqualTo(line + line);
    InputStream slow = // a byte at a time, and never one at hand, as of an object store
        new InputStream() {
          private int at;

          @Override
          public int read() {
            return at == twice.length ? -1 : twice[at++] & 0xFF;
          }

          @Override
          public int read(byte[] bytes, int from, int count) {
            int next = read();
            if (next >= 0) {
              bytes[from] = (byte) next;
            }
            return next < 0 ? -1 : 1;
          }
        };
    assertThat(unpacked(slow)).isEqualTo(line + line);
  }

  @Test
  void damagedGzipIsNotReadInPart() {
    assertDamaged(
        Arrays.copyOf(WITH_FIELDS, WITH_FIELDS.length - 3), "Unexpected end of gzip data");
    assertDamaged(join(WITH_FIELDS, "more".getBytes(UTF_8)), "there are other bytes after its end");
    byte[] flipped = WITH_FIELDS.clone();
    flipped[flipped.length - 7] ^= 1;
    assertDamaged(flipped, "its checksum differs");
  }

  private static void assertDamaged(byte[] packed, String why) {
    assertThatThrownBy(() -> unpacked(new ByteArrayInputStream(packed)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }

  @Test
  void archivesSayWhatToDo() throws IOException {
    Path file = folder.resolve("f.jsonl");
    Files.write(file, HexFormat.of().parseHex("504b030414000000"));
    assertThatThrownBy(() -> lines(file, 0, 8))
        .isInstanceOf(IOException.class)
        .hasMessage("it is packed as zip; unpack it, or pack it with gzip, zstd, bzip2 or xz");
  }

  @Test
  void aFileCutAnywhereHasEveryLineOnceAtItsPlace() throws IOException {
    StringBuilder text = new StringBuilder("\uFEFF");
    Random random = new Random(3);
    for (int i = 0; i < 30; i++) {
      text.append("x".repeat(random.nextInt(9))).append(i).append('\n');
    }
    Path file = Files.writeString(folder.resolve("f.jsonl"), text + "end");
    long bytes = Files.size(file);
    List<FileEntry> whole = entries(file, 0, bytes);
    assertThat(whole).hasSize(31);
    for (FileEntry entry : whole) {
      byte[] at = Arrays.copyOfRange(Files.readAllBytes(file), (int) entry.place(), (int) bytes);
      assertThat(new String(at, UTF_8)).startsWith(new String(entry.bytes(), UTF_8));
    }
    for (int piece = 1; piece < bytes + 1; piece++) {
      List<String> all = new ArrayList<>();
      for (long from = 0; from < bytes; from += piece) {
        all.addAll(lines(file, from, Math.min(bytes, from + piece)));
      }
      assertThat(all).as("pieces of %d", piece).containsExactlyElementsOf(strings(whole));
    }
  }

  @Test
  void aJsonArrayIsItsElements() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("f.json"), "\uFEFF \n[\n  {\"id\": 1,\n \"x\": NaN},\n[2] ]\n");
    List<FileEntry> all = entries(file, 0, Files.size(file));
    assertThat(all)
        .extracting(entry -> entry.object().toString())
        .containsExactly("{\"id\":1,\"x\":\"NaN\"}", "[2]");
    assertThat(all).extracting(FileEntry::place).containsExactly(0L, 1L);
    assertThat(entries(file, 5, Files.size(file))).as("a later range has nothing").isEmpty();
    Files.writeString(file, "[1]\n{\"id\": 2}\n");
    assertThatThrownBy(() -> entries(file, 0, 5))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("begins with a JSON array, and something follows");
    Files.writeString(file, "[{\"id\": 1},\n {\"id\" 2}]");
    assertThatThrownBy(() -> entries(file, 0, 5))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("it begins as a JSON array, but line 2, column ");
  }

  private static List<String> lines(Path file, long from, long to) throws IOException {
    return strings(entries(file, from, to));
  }

  private static List<String> strings(List<FileEntry> entries) {
    return entries.stream().map(entry -> new String(entry.bytes(), UTF_8)).toList();
  }

  private static List<FileEntry> entries(Path file, long from, long to) throws IOException {
    List<FileEntry> all = new ArrayList<>();
    FileSlice slice = new FileSlice(file.toUri().toString(), "f", from, to, List.of());
    try (FileSliceReader reader = FileSliceReader.open(slice, OPENER)) {
      for (FileEntry entry = reader.next(); entry != null; entry = reader.next()) {
        all.add(entry);
      }
    }
    return all;
  }

  private static String unpacked(InputStream packed) throws IOException {
    try (InputStream in = new GzipStream(packed)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private static byte[] bzip2(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new BZip2CompressorOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private static byte[] xz(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new XZOutputStream(packed, new LZMA2Options(0))) {
      out.write(plain);
    }
    return packed.toByteArray();
  }
}
