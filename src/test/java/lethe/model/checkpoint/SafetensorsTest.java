package lethe.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import lethe.folder.Files;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  private static final String HEADER =
      """
      {"__metadata__":{"format":"pt"},\
      "a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},\
      "n":{"dtype":"I64","shape":[2],"data_offsets":[16,32]},\
      "s":{"dtype":"BF16","shape":[],"data_offsets":[32,34]}}""";

  @TempDir Path folder;
  private final Files files = new Files(new Configuration());

  @Test
  void readsRangesOfTensors() throws IOException {
    Safetensors file = open(HEADER, data());
    assertThat(file.tensors())
        .containsExactly(NamedShape.of("a", 2, 2), NamedShape.of("n", 2), NamedShape.of("s"));
    float[] floats = new float[5];
    file.read("a", 1, floats, 2, 3);
    assertThat(floats).containsExactly(0, 0, 2, 3, 4);
    file.read("s", 0, floats, 0, 1);
    assertThat(floats[0]).isEqualTo(1.5f);
  }

  @Test
  void readsRangesLongerThanAPiece() throws IOException {
    int elements = (1 << 20) + 3; // four pieces of 1 MiB and some bytes
    ByteBuffer data = ByteBuffer.allocate(elements * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      data.putFloat(i);
    }
    String header =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(elements, elements * 4);
    float[] read = new float[elements - 1];
    open(header, data.array()).read("a", 1, read, 0, elements - 1);
    for (int i = 0; i < read.length; i++) {
      assertThat(read[i]).isEqualTo(i + 1);
    }
  }

  @Test
  void refusesRangesAndTypesThatAreNotThere() throws IOException {
    Safetensors file = open(HEADER, data());
    assertThatThrownBy(() -> file.read("a", 2, new float[3], 0, 3))
        .hasMessageContaining("Cannot read 3 elements from element 2 of a")
        .hasMessageContaining("it has 4");
    assertThatThrownBy(() -> file.read("a", -1, new float[3], 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from element -1");
    assertThatThrownBy(() -> file.read("n", 0, new float[3], 0, 1))
        .hasMessageContaining("its elements are I64");
    assertThatThrownBy(() -> file.read("b", 0, new float[3], 0, 1))
        .hasMessageContaining("Cannot read b")
        .hasMessageContaining("does not have it");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'{'                                      | header is not JSON",
        "'[]'                                     | not a JSON object",
        "'{} x'                                   | header is not JSON",
        "'{\"a\":{}}'                             | element type \"\"",
        "'{\"a\":[A9,[4],[0,36]]}'                | element type \"A9\"",
        "'{\"a\":[F32,[9],[0,36]],\"a\":[F32,[9],[0,36]]}' | Duplicate field 'a'",
        "'{\"a\":[F32,[9],[0]]}'                  | expected a begin and an end",
        "'{\"a\":[F32,[9],[36,0]]}'               | expected a begin and an end",
        "'{\"a\":[F32,[9],[-36,0]]}'              | data_offsets that is not whole numbers",
        "'{\"a\":[F32,[9.5],[0,36]]}'             | shape that is not whole numbers",
        "'{\"a\":[F32,[99999999999999999999],[0,36]]}' | shape that is not whole numbers",
        "'{\"a\":[F32,{},[0,36]]}'                | has no shape",
        "'{\"a\":[F32,[8],[0,36]]}'               | 32 bytes, but data_offsets [0, 36]",
        "'{\"a\":[F32,[4294967296,4294967296],[0,0]]}' | more elements than any file holds",
        "'{\"a\":[F64,[4611686018427387904],[0,0]]}' | more elements than any file holds",
        "'{\"a\":[F32,[1],[0,4]],\"b\":[F32,[9],[0,36]]}' | begins at byte 0 of the data",
        "'{\"a\":[F32,[1],[0,4]],\"b\":[F32,[7],[8,36]]}' | begins at byte 8 of the data",
        "'{\"a\":[F32,[10],[0,40]]}'              | the file is cut short",
        "'{\"a\":[F32,[8],[0,32]]}'               | promises 32 bytes of data, but it has 36",
      })
  void namesWhatIsWrongWithAHeader(String shorthand, String message) {
    String header =
        shorthand.replaceAll(
            "\\[(\\w+),(\\[[^\\]]*\\]|\\{\\}),(\\[[^\\]]*\\])\\]",
            "{\"dtype\":\"$1\",\"shape\":$2,\"data_offsets\":$3}");
    assertThatThrownBy(() -> open(header, new byte[36]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot read " + folder)
        .hasMessageContaining(message)
        .hasMessageEndingWith("; fetch the file again");
  }

  @ParameterizedTest
  @CsvSource({"-1, 18446744073709551615", "9223372036854775807, 9223372036854775807", "300, 300"})
  void aHeaderCannotBeLongerThanItsFile(long claimed, String shown) throws IOException {
    byte[] file = file(HEADER, data());
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(0, claimed);
    assertThatThrownBy(() -> open(file))
        .hasMessageContaining("its header claims " + shown + " bytes, but at most");
  }

  @Test
  void aFileNeedsEightBytes() {
    assertThatThrownBy(() -> open(new byte[7])).hasMessageContaining("it has 7 bytes");
  }

  @Test
  void namesTheMissingFile() {
    org.apache.hadoop.fs.Path none = new org.apache.hadoop.fs.Path(folder + "/none.safetensors");
    assertThatThrownBy(() -> Safetensors.open(none, files))
        .hasMessage("Cannot read " + none + ": there is no such file");
  }

  @Test
  void mutatedHeadersAreRefusedOrStayInsideTheData() {
    byte[] header = HEADER.getBytes(StandardCharsets.UTF_8);
    int accepted = 0;
    for (int seed = 0; seed < 20_000; seed++) {
      try {
        var entries = SafetensorsHeader.parse(mutate(header, new Random(seed)), 34).entries();
        long covered = 0;
        for (var entry : entries.values()) {
          assertThat(entry.begin()).isEqualTo(covered);
          assertThat(entry.end() - entry.begin())
              .isEqualTo(entry.elements() * entry.elementBytes());
          covered = entry.end();
        }
        assertThat(covered).isEqualTo(34);
        accepted++;
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(accepted).isBetween(100, 19_000);
  }

  @Test
  void mutatedFilesAreRefusedOrReadWhole() throws IOException {
    byte[] whole = file(HEADER, data());
    for (int seed = 0; seed < 1_000; seed++) {
      Random random = new Random(seed);
      byte[] mutant = mutate(whole, random);
      Safetensors file;
      try {
        file = open(mutant);
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageContaining("Cannot read ");
        continue;
      }
      for (NamedShape tensor : file.tensors()) {
        if (file.isFloat(tensor.name())) {
          int elements = Math.toIntExact(tensor.elements());
          file.read(tensor.name(), 0, new float[elements], 0, elements);
        }
      }
    }
  }

  /** A few bytes changed, taken out, doubled or replaced by what a header is made of. */
  private static byte[] mutate(byte[] original, Random random) {
    byte[] bytes = original.clone();
    String alphabet = "0123456789-.eE[]{},:\"FBI\0\u0001 ";
    for (int n = 1 + random.nextInt(3); n > 0 && bytes.length > 0; n--) {
      int at = random.nextInt(bytes.length);
      int length = random.nextInt(Math.min(12, bytes.length - at) + 1);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
        case 2 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 3 -> bytes = splice(bytes, at, at + length);
        default -> bytes = splice(bytes, at + length, at);
      }
    }
    return bytes;
  }

  /** The bytes before {@code end}, then those from {@code begin} on. */
  private static byte[] splice(byte[] bytes, int end, int begin) {
    ByteBuffer spliced = ByteBuffer.allocate(end + bytes.length - begin);
    return spliced.put(bytes, 0, end).put(bytes, begin, bytes.length - begin).array();
  }

  private static byte[] data() {
    ByteBuffer data = ByteBuffer.allocate(34).order(ByteOrder.LITTLE_ENDIAN);
    data.putFloat(1).putFloat(2).putFloat(3).putFloat(4).putLong(-7).putLong(Long.MAX_VALUE);
    return data.putShort((short) 0x3fc0).array();
  }

  private static byte[] file(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + data.length);
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length);
    return file.put(json).put(data).array();
  }

  private Safetensors open(String header, byte[] data) throws IOException {
    return open(file(header, data));
  }

  private Safetensors open(byte[] content) throws IOException {
    Path path = folder.resolve("file.safetensors");
    java.nio.file.Files.write(path, content);
    return Safetensors.open(new org.apache.hadoop.fs.Path(path.toString()), files);
  }
}
