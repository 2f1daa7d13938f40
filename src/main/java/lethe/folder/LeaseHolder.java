package lethe.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import lethe.json.Json;

/**
 * {@code lease.json}: the driver that has a run folder. Its content changes with every sign of
 * life, whatever the clocks say.
 *
 * @param host name of its machine
 * @param pid its process there
 * @param beat its last sign of life, ISO 8601 in UTC; for people only
 * @param driver its number among the drivers that had the folder, from 1; 0 in a file of version
 *     0.1
 * @param beats signs of life so far
 * @param token drawn by the driver, so that no other one's lease is taken for its own
 */
@JsonNaming(SnakeCaseStrategy.class)
record LeaseHolder(String host, long pid, String beat, int driver, long beats, String token) {

  /** Reads what a driver, of this version or an older one, has written; empty if damaged. */
  static Optional<LeaseHolder> parse(byte[] content) {
    JsonNode json;
    try {
      json = Json.MAPPER.readTree(content);
    } catch (IOException e) {
      return Optional.empty();
    }
    boolean known =
        json.path("host").isTextual()
            && json.path("pid").canConvertToLong()
            && json.path("beat").isTextual();
    return known
        ? Optional.of(
            new LeaseHolder(
                json.path("host").asText(),
                json.path("pid").asLong(),
                json.path("beat").asText(),
                json.path("driver").asInt(),
                json.path("beats").asLong(),
                json.path("token").asText()))
        : Optional.empty();
  }

  /** This process, before its first sign of life. */
  static LeaseHolder here(int driver, String token) {
    return new LeaseHolder(thisHost(), ProcessHandle.current().pid(), "", driver, 0, token);
  }

  LeaseHolder next(String now) {
    return new LeaseHolder(host, pid, now, driver, beats + 1, token);
  }

  boolean isOnThisHost() {
    return host.equals(thisHost());
  }

  @Override
  public String toString() {
    return "process %d on %s".formatted(pid, host);
  }

  private static String thisHost() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
