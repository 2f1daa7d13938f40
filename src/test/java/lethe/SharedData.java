package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The reference data that stand beside the checkout. Where CI is set they must be there; elsewhere
 * a test that finds none uses small data of its own.
 */
public final class SharedData {
  private static final Path FOLDER = Path.of("..", "shared").toAbsolutePath().normalize();

  private SharedData() {}

  /**
   * A file or folder of the shared data, or nothing where the checkout stands alone.
   *
   * @param name relative to {@code ../shared}, for example {@code parity/llama}
   */
  public static Optional<Path> find(String name) {
    Path path = FOLDER.resolve(name);
    boolean there = Files.exists(path);
    if ("true".equals(System.getenv("CI"))) {
      assertThat(there).as("%s must be there", path).isTrue();
    }
    return there ? Optional.of(path) : Optional.empty();
  }
}
