package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LaunchEnvironmentTest {
  private static final Pattern NAME = Pattern.compile("\\bLETHE_[A-Z_]+");

  /**
   * The benchmark's tokenizer, the network that random kills have to themselves, and the archive of
   * classes that is being made are of their scripts alone.
   */
  private static final Set<String> ELSEWHERE =
      Set.of("LETHE_TOKENIZER", "LETHE_OWN_NETWORK", "LETHE_MAKE_ARCHIVE");

  @Test
  void everyVariableOfTheScriptsIsNamedAndNoOther() throws IOException {
    Set<String> used = new TreeSet<>();
    try (Stream<Path> jobs = Files.list(Path.of("jobs"));
        Stream<Path> conf = Files.walk(Path.of("conf"))) {
      for (Path file :
          Stream.of(Stream.of(Path.of("submit.sh")), jobs, conf.filter(Files::isRegularFile))
              .flatMap(s -> s)
              .toList()) {
        NAME.matcher(Files.readString(file)).results().forEach(name -> used.add(name.group()));
      }
    }
    used.removeAll(ELSEWHERE);
    List<String> named = Arrays.stream(LaunchEnvironment.values()).map(Enum::name).toList();
    assertThat(used).containsExactlyInAnyOrderElementsOf(named);
  }

  @Test
  void noOtherClassReadsOneByItsName() throws IOException {
    List<Path> readers = new ArrayList<>();
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      for (Path file : sources.filter(f -> f.toString().endsWith(".java")).toList()) {
        if (Files.readString(file).contains("getenv(\"LETHE_")) {
          readers.add(file);
        }
      }
    }
    assertThat(readers).isEmpty();
  }
}
