package lethe.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Event files, read back by Protocol Buffers' own reader, with sums made bit by bit. */
class EventFileTest {
  @Test
  void anotherReaderFindsEveryStep() throws Exception {
    Map<String, Double> second = new LinkedHashMap<>();
    second.put("loss/forget.capped-ascent", -1.75);
    second.put("learning_rate", 3e-4);
    List<TrackedRun.Step> steps =
        List.of(
            new TrackedRun.Step(
                1, Instant.parse("2026-11-27T13:20:34.500Z"), Map.of("loss/a", 0.1)),
            new TrackedRun.Step(300, Instant.parse("2026-11-27T13:20:36Z"), second));
    List<UnknownFieldSet> events = events(EventFile.of(steps));
    assertThat(events).hasSize(3);
    assertThat(events.get(0).getField(3).getLengthDelimitedList())
        .containsExactly(ByteString.copyFromUtf8("brain.Event:2"));
    assertThat(time(events.get(1))).isEqualTo(1795785634.5);
    assertThat(events.get(1).getField(2).getVarintList()).containsExactly(1L);
    assertThat(values(events.get(1))).containsExactly(Map.entry("loss/a", 0.1f));
    assertThat(time(events.get(2))).isEqualTo(1795785636.0);
    assertThat(events.get(2).getField(2).getVarintList()).containsExactly(300L);
    assertThat(values(events.get(2)))
        .containsExactly(
            Map.entry("loss/forget.capped-ascent", -1.75f), Map.entry("learning_rate", 3e-4f));
  }

  /** The test's own sum, beside the published one of RFC 3720 (B.4): 32 zero bytes. */
  @Test
  void theSumIsThatOfTheStandard() {
    assertThat(crc32c(new byte[32])).isEqualTo(0x8a9136aa);
  }

  private static List<UnknownFieldSet> events(byte[] file) throws Exception {
    List<UnknownFieldSet> events = new ArrayList<>();
    ByteBuffer left = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    while (left.hasRemaining()) {
      byte[] length = Arrays.copyOfRange(file, left.position(), left.position() + 8);
      byte[] message = new byte[(int) left.getLong()];
      assertThat(left.getInt()).isEqualTo(masked(length));
      left.get(message);
      assertThat(left.getInt()).isEqualTo(masked(message));
      events.add(UnknownFieldSet.parseFrom(message));
    }
    return events;
  }

  private static int masked(byte[] bytes) {
    int crc = crc32c(bytes);
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  /** By the polynomial of RFC 3720, reflected. */
  private static int crc32c(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F63B78);
      }
    }
    return ~crc;
  }

  private static double time(UnknownFieldSet event) {
    return Double.longBitsToDouble(event.getField(1).getFixed64List().get(0));
  }

  private static Map<String, Float> values(UnknownFieldSet event) throws Exception {
    Map<String, Float> values = new LinkedHashMap<>();
    for (ByteString summary : event.getField(5).getLengthDelimitedList()) {
      for (ByteString one :
          UnknownFieldSet.parseFrom(summary).getField(1).getLengthDelimitedList()) {
        UnknownFieldSet value = UnknownFieldSet.parseFrom(one);
        values.put(
            value.getField(1).getLengthDelimitedList().get(0).toStringUtf8(),
            Float.intBitsToFloat(value.getField(2).getFixed32List().get(0)));
      }
    }
    return values;
  }
}
