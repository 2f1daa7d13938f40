package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunSizeTest {
  private static final String JAVA =
      "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC";

  @TempDir Path folder;

  @Test
  void aRunIsSmallIfItsSourcesAndItsModelAre() {
    assertThat(size(64 << 20, 8_000_000)).isEqualTo(RunSize.SMALL);
    assertThat(size((64 << 20) + 1, 1)).isEqualTo(RunSize.ORDINARY);
    assertThat(size(1, 8_000_001)).isEqualTo(RunSize.ORDINARY);
    assertThat(RunSize.of(OptionalLong.empty(), OptionalLong.of(1))).isEqualTo(RunSize.ORDINARY);
    assertThat(RunSize.of(OptionalLong.of(1), OptionalLong.empty())).isEqualTo(RunSize.ORDINARY);
  }

  @Test
  void aSmallRunCompilesLess() throws IOException {
    assertThat(settings(RunSize.SMALL, Verb.RUN))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "spark.driver.extraJavaOptions", JAVA,
                "spark.executor.extraJavaOptions", JAVA,
                "spark.buffer.pageSize", "1m",
                "spark.sql.codegen.wholeStage", "false",
                "spark.sql.codegen.factoryMode", "NO_CODEGEN",
                "spark.sql.adaptive.enabled", "false",
                "spark.sql.sources.parallelPartitionDiscovery.threshold", "1000",
                "spark.sql.shuffle.partitions", "6"));
    assertThat(settings(RunSize.ORDINARY, Verb.RUN)).isEmpty();
  }

  @Test
  void whatARunSetsItselfStays() throws IOException {
    assertThat(
            settings(
                RunSize.SMALL,
                Verb.RUN,
                "spark.driver.extraJavaOptions=-Xlog:gc",
                "spark.sql.adaptive.enabled=true"))
        .hasSize(6)
        .doesNotContainKeys("spark.driver.extraJavaOptions", "spark.sql.adaptive.enabled");
  }

  @Test
  void onAClusterNothingIsChosen() throws IOException {
    assertThat(settings(RunSize.SMALL, Verb.PREPARE, "spark.master=yarn")).isEmpty();
  }

  @Test
  void aSmallPrepareIsOneProcessUnlessTheRunSaysWhatExecutorsHave() throws IOException {
    assertThat(settings(RunSize.SMALL, Verb.PREPARE))
        .containsEntry("spark.master", "local[6]")
        .containsEntry("spark.driver.memory", "4g");
    assertThat(settings(RunSize.SMALL, Verb.PREPARE, "spark.driver.memory=1g"))
        .containsEntry("spark.master", "local[6]")
        .doesNotContainKey("spark.driver.memory");
    for (String own : List.of("spark.master=local-cluster[3,2,1024]", "spark.executor.memory=1g")) {
      assertThat(settings(RunSize.SMALL, Verb.PREPARE, own))
          .as(own)
          .doesNotContainKeys("spark.master", "spark.driver.memory")
          .containsKey("spark.sql.codegen.wholeStage");
    }
  }

  private static RunSize size(long bytes, long parameters) {
    return RunSize.of(OptionalLong.of(bytes), OptionalLong.of(parameters));
  }

  private Map<String, String> settings(RunSize size, Verb verb, String... spark)
      throws IOException {
    Path conf = Files.writeString(folder.resolve("c.conf"), "train { workers = 3, threads = 2 }");
    return size.settings(RunConfig.parse(verb, conf, List.of(spark)));
  }
}
