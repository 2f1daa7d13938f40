package lethe.badinput;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lethe.json.Json;

/** Ways to damage the content of a file, each drawn from a generator. */
final class Damage {
  /** Stands for a value until the text that takes its place is known. */
  private static final String MARK = "@@here@@";

  private Damage() {}

  /** Bytes flipped, cut, inserted, repeated, or all of them replaced. */
  static byte[] bytes(byte[] whole, Random random) {
    int place = whole.length == 0 ? 0 : random.nextInt(whole.length);
    return switch (random.nextInt(9)) {
      case 0, 1 -> flipped(whole, 1 + random.nextInt(8), random);
      case 2, 3 -> Arrays.copyOf(whole, place);
      case 4 ->
          joined(Arrays.copyOf(whole, place), noise(1 + random.nextInt(40), random), whole, place);
      case 5 -> joined(whole, Arrays.copyOfRange(whole, place, whole.length), new byte[0], 0);
      case 6 ->
          joined(
              Arrays.copyOf(whole, place),
              new byte[0],
              whole,
              Math.min(whole.length, place + 1 + random.nextInt(40)));
      case 7 -> noise(random.nextInt(300), random);
      default -> new byte[random.nextBoolean() ? 0 : 1 + random.nextInt(5_000)];
    };
  }

  private static byte[] flipped(byte[] whole, int bits, Random random) {
    byte[] damaged = whole.clone();
    for (int i = 0; i < bits && damaged.length > 0; i++) {
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return damaged;
  }

  private static byte[] noise(int bytes, Random random) {
    byte[] noise = new byte[bytes];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] joined(byte[] first, byte[] middle, byte[] rest, int from) {
    return ByteBuffer.allocate(first.length + middle.length + rest.length - from)
        .put(first)
        .put(middle)
        .put(rest, from, rest.length - from)
        .array();
  }

  /** One value of a JSON text removed, replaced, given twice or put into lists; or its bytes. */
  static byte[] json(byte[] whole, Random random) {
    if (random.nextInt(6) == 0) {
      return bytes(whole, random);
    }
    try {
      JsonNode root = Json.MAPPER.readTree(whole);
      return json(root, random).getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalArgumentException("no JSON to damage", e);
    }
  }

  private static String json(JsonNode root, Random random) {
    JsonNode parent = root;
    while (true) {
      if (!parent.isContainerNode() || parent.isEmpty()) {
        return OddValues.json(random);
      }
      int at = random.nextInt(parent.size());
      String name = parent.isObject() ? names(parent).get(at) : null;
      JsonNode child = name == null ? parent.get(at) : parent.get(name);
      boolean inner = child.isContainerNode() && !child.isEmpty();
      if (!inner || random.nextInt(3) == 0) {
        return replaced(root, parent, name, at, child, random);
      }
      parent = child;
    }
  }

  private static String replaced(
      JsonNode root, JsonNode parent, String name, int at, JsonNode child, Random random) {
    String with =
        switch (random.nextInt(5)) {
          case 0 -> "";
          case 1 ->
              child
                  + ", "
                  + (name == null ? child : OddValues.quoted(name) + ": " + OddValues.json(random));
          case 2 -> "[" + child + "]";
          default -> OddValues.json(random);
        };
    if (parent instanceof ObjectNode object) {
      if (with.isEmpty()) {
        object.remove(name);
      } else {
        object.set(name, new TextNode(MARK));
      }
    } else if (with.isEmpty()) {
      ((ArrayNode) parent).remove(at);
    } else {
      ((ArrayNode) parent).set(at, new TextNode(MARK));
    }
    return root.toString().replace("\"" + MARK + "\"", with);
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** One of several lines of JSON. */
  static byte[] jsonLines(byte[] whole, Random random) {
    if (random.nextInt(4) == 0) {
      return bytes(whole, random);
    }
    List<String> lines =
        new ArrayList<>(new String(whole, StandardCharsets.UTF_8).lines().toList());
    int at = random.nextInt(lines.size());
    byte[] line = json(lines.get(at).getBytes(StandardCharsets.UTF_8), random);
    lines.set(at, new String(line, StandardCharsets.ISO_8859_1));
    return String.join("\n", lines).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The length of a safetensors file's header, the header, or any bytes. */
  static byte[] safetensors(byte[] whole, Random random) {
    ByteBuffer file = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) file.getLong(0);
    return switch (random.nextInt(4)) {
      case 0 -> bytes(whole, random);
      case 1 -> file.putLong(0, absurdLength(whole.length, length, random)).array();
      default -> {
        byte[] header = json(Arrays.copyOfRange(whole, 8, 8 + length), random);
        byte[] size =
            ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array();
        yield joined(size, header, whole, 8 + length);
      }
    };
  }

  private static long absurdLength(int file, int header, Random random) {
    return OddValues.pick(
        List.of(
            0L,
            1L,
            7L,
            -1L,
            Long.MAX_VALUE,
            (long) Integer.MAX_VALUE,
            1L << 32,
            (long) file,
            file - 8L,
            99_999_999L,
            (long) random.nextInt(2 * header)),
        random);
  }
}
