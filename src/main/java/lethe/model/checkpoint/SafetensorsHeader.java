package lethe.model.checkpoint;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.json.Json;

/**
 * The JSON header of a safetensors file, believed only where it agrees with itself and with the
 * file's length: every element type is known, every range is as long as its shape says, and the
 * ranges cover the data exactly once.
 *
 * @see <a href="https://github.com/huggingface/safetensors">the format</a>
 * @param entries tensors by name, in the order of their data
 */
record SafetensorsHeader(Map<String, Entry> entries) {
  /** The format's own limit. */
  static final long MAXIMUM_BYTES = 100_000_000;

  private static final Map<String, Integer> BYTES =
      Map.ofEntries(
          Map.entry("F64", 8),
          Map.entry("F32", 4),
          Map.entry("F16", 2),
          Map.entry("BF16", 2),
          Map.entry("F8_E4M3", 1),
          Map.entry("F8_E5M2", 1),
          Map.entry("F8_E8M0", 1),
          Map.entry("C64", 8),
          Map.entry("I64", 8),
          Map.entry("I32", 4),
          Map.entry("I16", 2),
          Map.entry("I8", 1),
          Map.entry("U64", 8),
          Map.entry("U32", 4),
          Map.entry("U16", 2),
          Map.entry("U8", 1),
          Map.entry("BOOL", 1));

  private static final ObjectReader STRICT =
      Json.MAPPER
          .reader()
          .with(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * Where a tensor lies in the file.
   *
   * @param tensor its name and shape
   * @param type its element type as the header names it
   * @param begin its first byte, counted from the end of the header
   * @param end one past its last byte
   */
  record Entry(NamedShape tensor, String type, long begin, long end) {
    long elements() {
      return tensor.elements();
    }

    int elementBytes() {
      return BYTES.get(type);
    }
  }

  /**
   * Reads and checks a header.
   *
   * @param json the header's bytes
   * @param dataBytes how many bytes the file has after it
   * @throws IllegalArgumentException describing the problem, without the file's name
   */
  static SafetensorsHeader parse(byte[] json, long dataBytes) {
    JsonNode root;
    try {
      root = STRICT.readTree(json);
    } catch (IOException e) {
      throw new IllegalArgumentException("its header is not JSON: " + firstLine(e), e);
    }
    if (!root.isObject()) {
      throw new IllegalArgumentException("its header is not a JSON object");
    }
    List<Entry> entries = new ArrayList<>();
    root.properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("__metadata__")) {
                entries.add(entry(field.getKey(), field.getValue()));
              }
            });
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    checkCover(entries, dataBytes);
    Map<String, Entry> byName = new LinkedHashMap<>();
    entries.forEach(e -> byName.put(e.tensor().name(), e));
    return new SafetensorsHeader(byName);
  }

  /** The bytes of a header for tensors that follow each other, padded to a multiple of 8. */
  static byte[] bytes(List<NamedShape> tensors, Dtype dtype) {
    ObjectNode root = Json.MAPPER.createObjectNode();
    root.putObject("__metadata__").put("format", "pt");
    long begin = 0;
    for (NamedShape tensor : tensors) {
      long end = begin + tensor.elements() * dtype.bytes();
      ObjectNode entry = root.putObject(tensor.name()).put("dtype", dtype.code());
      entry.set("shape", Json.MAPPER.valueToTree(tensor.shape()));
      entry.set("data_offsets", Json.MAPPER.valueToTree(new long[] {begin, end}));
      begin = end;
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  private static Entry entry(String name, JsonNode node) {
    String type = node.path("dtype").asText();
    if (!BYTES.containsKey(type)) {
      throw problem(name, "has element type \"" + type + "\", which is not known");
    }
    List<Long> shape = wholeNumbers(name, node, "shape");
    List<Long> offsets = wholeNumbers(name, node, "data_offsets");
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw problem(name, "has data_offsets " + offsets + ", expected a begin and an end");
    }
    Entry entry = new Entry(new NamedShape(name, shape), type, offsets.get(0), offsets.get(1));
    long bytes;
    try {
      bytes = Math.multiplyExact(entry.elements(), (long) entry.elementBytes());
    } catch (ArithmeticException e) {
      throw problem(name, "has shape " + shape + ", more elements than any file holds");
    }
    if (bytes != entry.end() - entry.begin()) {
      throw problem(
          name,
          "has shape %s of %s, %d bytes, but data_offsets %s"
              .formatted(shape, type, bytes, offsets));
    }
    return entry;
  }

  private static List<Long> wholeNumbers(String name, JsonNode node, String key) {
    JsonNode list = node.path(key);
    List<Long> numbers = new ArrayList<>();
    for (JsonNode number : list) {
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
        throw problem(name, "has a " + key + " that is not whole numbers from 0 up");
      }
      numbers.add(number.longValue());
    }
    if (!list.isArray()) {
      throw problem(name, "has no " + key);
    }
    return numbers;
  }

  /** Checks that every byte of the data belongs to exactly one tensor. */
  private static void checkCover(List<Entry> sorted, long dataBytes) {
    long covered = 0;
    for (Entry entry : sorted) {
      if (entry.begin() != covered) {
        throw problem(
            entry.tensor().name(),
            "begins at byte %d of the data, but the tensors before it end at %d"
                .formatted(entry.begin(), covered));
      }
      covered = entry.end();
    }
    if (covered != dataBytes) {
      throw new IllegalArgumentException(
          "its header promises %d bytes of data, but it has %d%s"
              .formatted(covered, dataBytes, covered > dataBytes ? ": the file is cut short" : ""));
    }
  }

  private static IllegalArgumentException problem(String name, String what) {
    String shown = name.length() > 200 ? name.substring(0, 200) + "..." : name;
    return new IllegalArgumentException("tensor " + shown + " " + what);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
