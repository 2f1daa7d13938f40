package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;

/** Every run file of the repository is one that a run would take. */
class RunFilesTest {
  /** What files lack that others include. */
  private static final List<String> RUN =
      List.of(
          "run.dir=r",
          "model.path=m",
          "corpus.sources=[{ path = a.jsonl, domain = a }]",
          "corpus.splits.forget.where=\"true\"",
          "corpus.splits.retain.where=\"false\"");

  @Test
  void everyKeyIsKnownAndEveryValueIsInItsBounds() throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(Path.of("conf"))) {
      all.filter(file -> file.toString().endsWith(".conf")).sorted().forEach(files::add);
    }
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      String said = Files.readString(file);
      boolean part = !said.contains("run.dir") && !said.contains("include \"shared.conf\"");
      Settings settings = Settings.load(file, part ? RUN : List.of());
      RunConfig.parse(Verb.RUN, settings);
      if (ContinualSettings.asked(settings.root())) {
        ContinualSettings continual = ContinualSettings.read(settings.root());
        continual.check(settings);
        assertThat(continual.runs(settings, "all", Verb.RUN)).hasSizeGreaterThan(1);
      }
      assertThat(settings.problems()).as("%s", file).isEmpty();
    }
  }
}
