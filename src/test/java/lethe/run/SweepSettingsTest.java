package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import lethe.SmallRun;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepSettingsTest {
  @TempDir Path folder;

  @Test
  void eachMethodHasItsOwnDefaultsAndOtherTrainingsTheRateOfTheRunFile() throws Exception {
    Path conf = SmallRun.in(folder);
    Files.writeString(
        conf,
        "\ntrain.learning-rate = 3e-4\nretrain.splits = [retain]\nsweep { methods = [\"npo+descent\", gradient-ascent], rates = [1e-5, 2e-3] }\n",
        StandardOpenOption.APPEND);
    Settings user = Settings.load(conf, List.of("train.batch=3"));
    List<SweepSettings.SweptRun> runs =
        SweepSettings.read(user.root()).runs(user, folder.resolve("sweep").toString());
    assertThat(runs)
        .extracting(SweepSettings.SweptRun::name)
        .containsExactly(
            "npo-descent-1e-5",
            "npo-descent-0.002",
            "gradient-ascent-1e-5",
            "gradient-ascent-0.002");
    for (SweepSettings.SweptRun run : runs) {
      RunConfig alone =
          RunConfig.parse(
              Verb.RUN,
              Settings.load(
                  conf,
                  List.of(
                      "train.batch=3",
                      "unlearn.method=" + run.config().unlearn().method().name(),
                      "train.learning-rate=" + run.config().train().learningRate())));
      assertThat(run.config().train()).as(run.name()).isEqualTo(alone.train());
      assertThat(run.config().train().batch()).isEqualTo(3);
      assertThat(run.config().retrain().train().learningRate()).isEqualTo(3e-4);
    }
    assertThat(runs.get(0).config().train().weightDecay())
        .isNotEqualTo(runs.get(2).config().train().weightDecay());
  }

  @Test
  void aRangeTestFindsTheRateOfEachMethod() throws IOException {
    Settings user =
        Settings.load(
            SmallRun.in(folder),
            List.of(
                "sweep.methods=[npo,gradient-ascent]",
                "sweep.rates=target",
                "stop.at-target=true",
                "retrain.learning-rate=1e-4"));
    List<SweepSettings.SweptRun> runs =
        SweepSettings.read(user.root()).runs(user, folder.toString());
    assertThat(user.problems()).isEmpty();
    assertThat(runs)
        .extracting(SweepSettings.SweptRun::name)
        .containsExactly("npo-target", "gradient-ascent-target");
    for (SweepSettings.SweptRun run : runs) {
      assertThat(run.config().settings().problems()).isEmpty();
      assertThat(run.config().train().rangeTest()).isPresent();
    }
  }

  @Test
  void refusesAMethodWithoutRates() throws IOException {
    Settings user =
        Settings.load(
            SmallRun.in(folder), List.of("sweep.methods=[npo,task-vector]", "sweep.rates=[1e-5]"));
    SweepSettings.read(user.root());
    assertThat(user.problems())
        .containsExactly(
            "sweep.methods name task-vector, which has no rate: every rate would make the same model; run it by itself, and compare with lethe report");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
"""
goal | sweep.rates must be a number, a list of numbers or target, was "goal"
[]   | sweep.rates must name learning rates to try, as [1e-5, 3e-5, 1e-4], or be target: what a range test finds for each method
""")
  void saysOnceWhatRatesMayBe(String rates, String why) throws IOException {
    Settings user = Settings.load(SmallRun.in(folder), List.of("sweep.rates=" + rates));
    SweepSettings.read(user.root());
    assertThat(user.problems()).containsExactly(why);
  }

  @Test
  void namesRunsAsPeopleWriteRates() {
    assertThat(SweepSettings.name("undial-ascent+kl", 2e-4)).isEqualTo("undial-ascent-kl-2e-4");
    assertThat(SweepSettings.rate(0.003)).isEqualTo("0.003");
    assertThat(SweepSettings.rate(1.5e-5)).isEqualTo("1.5e-5");
    assertThat(SweepSettings.rate(1)).isEqualTo("1");
  }
}
