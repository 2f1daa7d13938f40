package lethe.failure;

import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.commons.lang3.exception.ExceptionUtils;

/**
 * The texts by which failures of Java, Hadoop and Spark are distinguished when they have no class
 * of their own: an executor's failure reaches the driver as text, and the operating system's error
 * is a message of an IOException. They are valid for the versions in the pom, as the test of this
 * class shows.
 */
public enum FailureText {
  /** The operating system's ENOSPC. */
  DISK_FULL("No space left on device"),

  /** The operating system's EACCES; Hadoop's local file system reports it as "no such file". */
  FORBIDDEN("Permission denied"),

  /** An executor or a row buffer had too little memory, or the executor died without a reason. */
  TOO_LITTLE_MEMORY("OutOfMemory|ExecutorLostFailure|BufferHolder"),

  /**
   * An executor that does not have this program's classes. A lambda of them stays what Java wrote
   * for it, which does not fit where the lambda belongs.
   */
  WITHOUT_LETHE(
      "ClassNotFoundException: lethe\\.|NoClassDefFoundError: lethe/"
          + "|cannot assign instance of java\\.lang\\.invoke\\.SerializedLambda"),

  /** A compressed file whose codec is missing or cannot read it. */
  CODEC("Codec"),

  /** HDFS for an address that names no host. */
  NO_HOST("Incomplete HDFS URI"),

  /** Spark's error classes for a name that several columns have, as it compares names. */
  SEVERAL_COLUMNS("COLUMN_ALREADY_EXISTS|AMBIGUOUS");

  /**
   * A line that begins with an exception's class: Spark's own message is in the lines before it.
   */
  private static final Pattern CAUSE = Pattern.compile("\\S+(Exception|Error|InvalidSettings): .*");

  private final Pattern pattern;

  FailureText(String pattern) {
    this.pattern = Pattern.compile(pattern);
  }

  /** Whether a failure's class and message contain this text. */
  public boolean in(Throwable failure) {
    return in(failure.toString());
  }

  /** Whether a message contains this text. */
  public boolean in(String message) {
    return pattern.matcher(message).find();
  }

  /** The first line that a failure's first cause says, without the name of its class. */
  public static String firstLine(Throwable failure) {
    return String.valueOf(ExceptionUtils.getRootCauseMessage(failure))
        .replaceFirst("^\\w+: ", "")
        .lines()
        .findFirst()
        .orElse("");
  }

  /**
   * The line of a message that names the first cause: that with an exception's class, else the
   * first.
   */
  public static String firstCause(String message) {
    Optional<String> named =
        message.lines().filter(line -> CAUSE.matcher(line).matches()).findFirst();
    return named.or(() -> message.lines().findFirst()).orElse(message);
  }
}
