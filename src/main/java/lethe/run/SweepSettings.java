package lethe.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.json.Json;
import lethe.objective.UnlearnSettings;
import lethe.settings.Section;
import lethe.settings.Settings;
import lethe.train.TrainSettings;

/**
 * The runs of a sweep: every method with every rate, on one corpus.
 *
 * @param methods as {@code unlearn.method} takes them
 * @param rates of learning; empty where a range test finds each method's
 */
public record SweepSettings(List<String> methods, List<Double> rates) {
  /** The most runs of a sweep: more are a mistake, or a week. */
  private static final int MOST_RUNS = 200;

  /** What rates may be in place of numbers. */
  private static final String TARGET = "target";

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
    Optional<List<Double>> numbers = sweep.numbersOr(TARGET, "rates", 0, 1e3);
    List<Double> rates = numbers.orElse(List.of());
    SweepSettings settings =
        new SweepSettings(
            methods.isEmpty() ? List.of(root.section("unlearn").string("method")) : methods, rates);
    if (rates.isEmpty() && sweep.isList("rates")) {
      sweep.problem(
          "rates",
          "must name learning rates to try, as [1e-5, 3e-5, 1e-4], or be target: what a range test finds for each method");
    }
    if (settings.methods.size() * rates.size() > MOST_RUNS) {
      sweep.problem(
          "rates",
          "makes %d runs with %d methods; at most %d are a sweep"
              .formatted(
                  settings.methods.size() * rates.size(), settings.methods.size(), MOST_RUNS));
    }
    settings.methods.stream()
        .filter(UnlearnSettings::isUntrained)
        .forEach(
            method ->
                sweep.problem(
                    "methods",
                    "name %s, which has no rate: every rate would make the same model; run it by itself, and compare with lethe report"
                        .formatted(method)));
    return settings;
  }

  /**
   * The runs.
   *
   * @param user the run file's settings
   * @param folder of the sweep
   */
  public List<SweptRun> runs(Settings user, String folder) {
    List<String> fixed = ratesOfOthers(user);
    List<SweptRun> runs = new ArrayList<>();
    for (String method : methods) {
      for (String rate : rates.isEmpty() ? List.of(TARGET) : spelled()) {
        String name = name(method, rate);
        List<String> pairs = new ArrayList<>(fixed);
        pairs.add("run.dir=" + Json.text(folder + "/" + name));
        pairs.add("unlearn.method=" + Json.text(method));
        pairs.add("train.learning-rate=" + rate);
        runs.add(new SweptRun(name, RunConfig.parse(Verb.RUN, user.again(pairs))));
      }
    }
    return runs;
  }

  /**
   * The rates of the other trainings, which would follow that of unlearning: all runs are compared
   * with one retrained model.
   */
  private static List<String> ratesOfOthers(Settings user) {
    Section plain = user.withoutMethod();
    if (plain.section("train").isWord(TrainSettings.LEARNING_RATE, TARGET)) {
      return List.of(); // which others refuse
    }
    double rate = plain.section("train").doubleInRange("learning-rate", 0, 1e3);
    return Stream.of("pretrain", "finetune", "retrain")
        .filter(stage -> !plain.section(stage).has("learning-rate"))
        .map(stage -> stage + ".learning-rate=" + rate)
        .toList();
  }

  /** The stage that all runs share. */
  public RunConfig prepare(Settings user, String folder) {
    return RunConfig.parse(
        Verb.PREPARE, user.again(List.of("run.dir=" + Json.text(folder + "/start"))));
  }

  private List<String> spelled() {
    return rates.stream().map(SweepSettings::rate).toList();
  }

  private static String name(String method, String rate) {
    return method.replace('+', '-') + "-" + rate;
  }

  static String name(String method, double rate) {
    return name(method, rate(rate));
  }

  /** As people write rates: 2e-4, not 2.0E-4. */
  public static String rate(double rate) {
    return Double.toString(rate)
        .toLowerCase(Locale.ROOT)
        .replace(".0e", "e")
        .replaceAll("\\.0$", "");
  }
}
