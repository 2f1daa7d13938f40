package lethe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What this process holds in memory, PyTorch's tensors and the JVM together, as Linux counts it.
 */
public final class ResidentMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ResidentMemory() {}

  /** Bytes held now; empty where the system does not report it. */
  public static OptionalLong bytes() {
    return read("VmRSS:");
  }

  /** Most bytes held at once since the process began, or since {@link #forgetPeak}. */
  static OptionalLong peakBytes() {
    return read("VmHWM:");
  }

  /** Resets the peak, where the system allows it. */
  static void forgetPeak() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      // The peak is then that of the whole process, which is not smaller.
    }
  }

  private static OptionalLong read(String key) {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10) // kB
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
