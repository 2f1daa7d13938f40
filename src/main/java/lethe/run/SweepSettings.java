package lethe.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lethe.json.Json;
import lethe.settings.Section;
import lethe.settings.Settings;

/**
 * The runs of a sweep: every method with every rate, on one corpus.
 *
 * @param methods as {@code unlearn.method} takes them
 * @param rates of learning
 */
public record SweepSettings(List<String> methods, List<Double> rates) {
  /** The most runs of a sweep: more are a mistake, or a week. */
  private static final int MOST_RUNS = 200;

  /**
   * One run.
   *
   * @param name of its folder in that of the sweep
   * @param config of the whole run
   */
  public record SweptRun(String name, RunConfig config) {}

  /** Reads {@code sweep}; what is not named there is what the run file has. */
  public static SweepSettings read(Section root) {
    Section sweep = root.section("sweep");
    List<String> methods = sweep.strings("methods");
    List<Double> rates = sweep.numbers("rates", 0, 1e3);
    SweepSettings settings =
        new SweepSettings(
            methods.isEmpty() ? List.of(root.section("unlearn").string("method")) : methods, rates);
    if (rates.isEmpty()) {
      sweep.problem("rates", "must name learning rates to try, as [1e-5, 3e-5, 1e-4]");
    }
    if (settings.methods.size() * rates.size() > MOST_RUNS) {
      sweep.problem(
          "rates",
          "makes %d runs with %d methods; at most %d are a sweep"
              .formatted(
                  settings.methods.size() * rates.size(), settings.methods.size(), MOST_RUNS));
    }
    return settings;
  }

  /**
   * The runs.
   *
   * @param user the run file's settings
   * @param folder of the sweep
   */
  public List<SweptRun> runs(Settings user, String folder) {
    List<SweptRun> runs = new ArrayList<>();
    for (String method : methods) {
      for (double rate : rates) {
        String name = name(method, rate);
        runs.add(
            new SweptRun(
                name,
                RunConfig.parse(
                    Verb.RUN,
                    user.with(
                        List.of(
                            "run.dir=" + Json.text(folder + "/" + name),
                            "unlearn.method=" + Json.text(method),
                            "train.learning-rate=" + rate)))));
      }
    }
    return runs;
  }

  /** The stage that all runs share. */
  public RunConfig prepare(Settings user, String folder) {
    return RunConfig.parse(
        Verb.PREPARE, user.with(List.of("run.dir=" + Json.text(folder + "/start"))));
  }

  static String name(String method, double rate) {
    return method.replace('+', '-') + "-" + rate(rate);
  }

  /** As people write rates: 2e-4, not 2.0E-4. */
  public static String rate(double rate) {
    return Double.toString(rate)
        .toLowerCase(Locale.ROOT)
        .replace(".0e", "e")
        .replaceAll("\\.0$", "");
  }
}
