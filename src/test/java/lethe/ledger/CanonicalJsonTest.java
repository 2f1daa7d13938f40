package lethe.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.DoubleNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 8785 by its own examples. */
class CanonicalJsonTest {
  @Test
  void numbersAreWrittenAsAppendixBHasThem() {
    Map<Long, String> samples = new LinkedHashMap<>();
    samples.put(0x0000000000000000L, "0");
    samples.put(0x8000000000000000L, "0");
    samples.put(0x0000000000000001L, "5e-324");
    samples.put(0x8000000000000001L, "-5e-324");
    samples.put(0x7fefffffffffffffL, "1.7976931348623157e+308");
    samples.put(0xffefffffffffffffL, "-1.7976931348623157e+308");
    samples.put(0x4340000000000000L, "9007199254740992");
    samples.put(0xc340000000000000L, "-9007199254740992");
    samples.put(0x4430000000000000L, "295147905179352830000");
    samples.put(0x44b52d02c7e14af5L, "9.999999999999997e+22");
    samples.put(0x44b52d02c7e14af6L, "1e+23");
    samples.put(0x44b52d02c7e14af7L, "1.0000000000000001e+23");
    samples.put(0x444b1ae4d6e2ef4eL, "999999999999999700000");
    samples.put(0x444b1ae4d6e2ef4fL, "999999999999999900000");
    samples.put(0x444b1ae4d6e2ef50L, "1e+21");
    samples.put(0x3eb0c6f7a0b5ed8cL, "9.999999999999997e-7");
    samples.put(0x3eb0c6f7a0b5ed8dL, "0.000001");
    samples.put(0x41b3de4355555553L, "333333333.3333332");
    samples.put(0x41b3de4355555554L, "333333333.33333325");
    samples.put(0x41b3de4355555555L, "333333333.3333333");
    samples.put(0x41b3de4355555556L, "333333333.3333334");
    samples.put(0x41b3de4355555557L, "333333333.33333343");
    samples.put(0xbecbf647612f3696L, "-0.0000033333333333333333");
    samples.put(0x43143ff3c1cb0959L, "1424953923781206.2");
    samples.forEach(
        (bits, written) ->
            assertThat(CanonicalJson.text(new DoubleNode(Double.longBitsToDouble(bits))))
                .as(Long.toHexString(bits))
                .isEqualTo(written));
  }

  @Test
  void whatIsNoNumberIsRefused() {
    for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> CanonicalJson.text(new DoubleNode(value)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("Cannot write as canonical JSON: ");
    }
  }

  @Test
  void literalsNumbersAndStringsAreWrittenAsSection322HasThem() throws Exception {
    assertThat(
            canonical(
                """
                {
                  "numbers": [333333333.33333329, 1E30, 4.50,
                              2e-3, 0.000000000000000000000000001],
                  "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
                  "literals": [null, true, false]
                }
                """))
        .isEqualTo(
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  }

  @Test
  void membersAreInTheOrderOfSection323() throws Exception {
    assertThat(
            canonical(
                """
                {
                  "\\u20ac": "Euro Sign",
                  "\\r": "Carriage Return",
                  "\\ufb33": "Hebrew Letter Dalet With Dagesh",
                  "1": "One",
                  "\\ud83d\\ude00": "Emoji: Grinning Face",
                  "\\u0080": "Control",
                  "\\u00f6": "Latin Small Letter O With Diaeresis"
                }
                """))
        .isEqualTo(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\ud83d\ude00\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
  }

  private static String canonical(String json) throws Exception {
    JsonNode read = new ObjectMapper().readTree(json);
    return CanonicalJson.text(read);
  }
}
