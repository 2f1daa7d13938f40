package lethe.corpus.source;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import lethe.spark.PartitionFolder;

/** Names of domains: each becomes a folder {@code domain=<name>} of the corpus. */
final class DomainName {
  /** What Spark writes for a partition without a value, and reads back as none. */
  static final String NULL = "__HIVE_DEFAULT_PARTITION__";

  /** A name of all domains together, in reports. */
  private static final String ALL = "*";

  /** The longest name of a folder that file systems allow, in bytes. */
  private static final int MOST_BYTES = 255;

  private DomainName() {}

  /** What is wrong with a name, if anything is, worded to follow the setting's name. */
  static Optional<String> problem(String name) {
    if (name.isBlank()) {
      return Optional.of("must not be empty");
    }
    if (name.equals(ALL) || name.equals(NULL)) {
      return Optional.of("must not be " + name + ", which has a special meaning");
    }
    if (name.codePoints().anyMatch(DomainName::unprintable)) {
      return Optional.of(
          "must have no control characters, was "
              + name.replaceAll("[^ -~]", "?").substring(0, Math.min(40, name.length())));
    }
    int bytes = folder(name).getBytes(StandardCharsets.UTF_8).length;
    return bytes <= MOST_BYTES
        ? Optional.empty()
        : Optional.of(
            "must be shorter: as a folder name it has %d bytes, at most %d fit (ASCII letters and digits take one each)"
                .formatted(bytes, MOST_BYTES));
  }

  private static boolean unprintable(int character) {
    int type = Character.getType(character);
    return type == Character.CONTROL
        || type == Character.SURROGATE
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }

  private static String folder(String name) {
    return "domain=" + PartitionFolder.escaped(name);
  }
}
