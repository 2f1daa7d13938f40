package lethe.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lethe.examples.ProbePlan;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.model.StartWeights;
import lethe.run.SweepSettings;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.target.ProbeResult;
import lethe.target.RangeCurve;
import lethe.target.RateRule;
import lethe.target.SteeringTarget;
import lethe.train.RangeTestSettings;
import lethe.train.StepLosses;
import lethe.train.TrainSettings;
import lethe.train.TrainedWeights;
import lethe.train.Trainer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Finds the learning rate of the unlearning by a range test: a training of its own, with the same
 * terms from the same weights, at rates that rise until the forget loss has come to its target. Its
 * model is not kept. What it found is in {@code range-test.json}, written at once, and a run that
 * goes on takes it from there.
 */
final class RangeTest {
  private static final int VERSION = 1;

  private static final String REMEDY = "delete it, and the range test is made again";

  /**
   * {@code range-test.json}.
   *
   * @param made what the result depends on
   * @param rate the peak that was chosen; null where there was none
   * @param finding why, in a sentence without its end
   * @param factors sum of the planned rates at a peak of 1
   */
  record Found(
      int version, JsonNode made, Double rate, String finding, double factors, RangeCurve curve) {}

  private final ModelTraining training;
  private final RunFolder folder;
  private final TrainSettings settings;
  private final Consumer<String> say;

  /**
   * @param training of the run
   * @param settings of the unlearning, whose rate is not known yet
   * @param say takes sentences for the user
   */
  RangeTest(ModelTraining training, TrainSettings settings, Consumer<String> say) {
    this.training = training;
    this.folder = training.folder();
    this.settings = settings;
    this.say = say;
  }

  /** Removes what an earlier range test has left. */
  static void discard(RunFolder folder) {
    folder.files().delete(folder.rangeTest());
    Trainer.discard(folder, RunFolder.RANGE_TEST);
  }

  /**
   * Finds the rate, or takes the one that was found.
   *
   * @param spec of the unlearning
   * @param views its examples
   * @param start its weights to begin with
   * @param probes measured before each step
   * @param factors sum of the planned rates at a peak of 1
   * @return the settings with it
   * @throws InvalidSettings when no rate is found
   * @throws lethe.train.StoppedException when the run was asked to stop
   */
  TrainSettings execute(
      Trainer.TrainingSpec spec,
      Dataset<Row> views,
      StartWeights start,
      ProbePlan probes,
      double factors) {
    JsonNode made = made(spec, probes, factors);
    Optional<Found> before = read(folder).filter(found -> made.equals(found.made()));
    if (before.isEmpty()) {
      folder.files().delete(folder.rangeTest());
    }
    Found found = before.orElseGet(() -> find(made, spec, views, start, probes, factors));
    Trainer.discardCheckpoints(folder, RunFolder.RANGE_TEST);
    if (found.rate() == null) {
      throw new InvalidSettings(
          "Cannot find a learning rate, for %s; nothing was trained. Rates and forget losses: %s. Set train.learning-rate to a number, or other train.steps, train.range-test or unlearn.retain-weights, with overwrite=true; %s has the whole range test"
              .formatted(found.finding(), shown(found.curve()), folder.rangeTest()));
    }
    say.accept(
        "train.learning-rate is %s%s: %s"
            .formatted(
                SweepSettings.rate(found.rate()),
                before.isPresent() ? ", as found before" : "",
                found.finding()));
    return settings.at(found.rate());
  }

  /** The rate that was found for a run, if one was. */
  static Optional<Double> rate(RunFolder folder) {
    return read(folder).flatMap(found -> Optional.ofNullable(found.rate()));
  }

  private static Optional<Found> read(RunFolder folder) {
    return folder
        .files()
        .readObjectIfThere(folder.rangeTest(), REMEDY)
        .map(found -> Files.record(folder.rangeTest(), found, Found.class, REMEDY));
  }

  private Found find(
      JsonNode made,
      Trainer.TrainingSpec spec,
      Dataset<Row> views,
      StartWeights start,
      ProbePlan probes,
      double factors) {
    RangeTestSettings test = settings.rangeTest().orElseThrow();
    say.accept(
        "a range test finds the learning rate: at most %d steps at rates from %s to %s"
            .formatted(
                test.steps(),
                SweepSettings.rate(test.lowest()),
                SweepSettings.rate(test.highest())));
    Trainer.Result result =
        training.train(
            spec.at(test, RunFolder.RANGE_TEST),
            settings,
            views,
            start,
            Optional.of(probes),
            TrainedWeights.Taker.NONE);
    RangeCurve curve = curve(probes.target(), test, result.probes());
    RateRule.Choice choice = RateRule.choose(curve, factors, slowing(spec));
    Found found = new Found(VERSION, made, choice.rate(), choice.finding(), factors, curve);
    folder.files().writeJson(folder.rangeTest(), found);
    return found;
  }

  private static double slowing(Trainer.TrainingSpec spec) {
    return spec.roles().stream().mapToDouble(role -> role.term().slowing()).max().orElse(1);
  }

  private RangeCurve curve(
      SteeringTarget target, RangeTestSettings test, List<ProbeResult> probes) {
    Map<Integer, Map<String, Double>> losses = StepLosses.read(folder, RunFolder.RANGE_TEST);
    List<RangeCurve.Point> points = new ArrayList<>();
    double sum = 0;
    for (ProbeResult probe : probes) {
      double rate = probe.step() == 0 ? 0 : test.rate(probe.step() - 1);
      sum += rate;
      points.add(
          new RangeCurve.Point(
              probe.step(), rate, sum, probe.nll(), losses.getOrDefault(probe.step(), Map.of())));
    }
    return new RangeCurve(target.nll(), target.innerBand(), target.uniformNll(), points);
  }

  /** What the result depends on, as texts, which a file gives back as they were. */
  private JsonNode made(Trainer.TrainingSpec spec, ProbePlan probes, double factors) {
    ObjectNode made = JsonNodeFactory.instance.objectNode();
    training.inputs().fingerprints(Verb.UNLEARN).forEach(made::put);
    spec.inputs().forEach((name, value) -> made.put(name, String.valueOf(value)));
    made.put("terms", spec.roles().toString());
    made.put("bound", spec.bound().toString());
    made.put("sharpness", spec.sharpnessRadius());
    made.put("start noise", training.config().unlearn().startNoise());
    made.put("target", probes.target().toString());
    made.put("factors", factors);
    made.put("slowing", slowing(spec));
    made.put("settings", settings.deciding().toString());
    return made;
  }

  /** A few points of the curve, for a message. */
  private static String shown(RangeCurve curve) {
    List<RangeCurve.Point> points = curve.points();
    int stride = Math.max(1, points.size() / 8);
    return points.stream()
        .filter(p -> p.steps() > 0 && (points.size() - 1 - points.indexOf(p)) % stride == 0)
        .map(
            p ->
                p.nll() == null
                    ? String.format(Locale.ROOT, "%.1e not finite", p.rate())
                    : String.format(Locale.ROOT, "%.1e %.3f", p.rate(), p.nll()))
        .collect(Collectors.joining(", "));
  }
}
