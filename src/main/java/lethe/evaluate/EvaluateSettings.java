package lethe.evaluate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.inference.ComputeSettings;
import lethe.inference.ComputeSettings.DeviceChoice;
import lethe.json.OrNull;
import lethe.model.torch.Activations;
import lethe.model.torch.Precision;
import lethe.settings.Section;

/**
 * How models are evaluated.
 *
 * @param microBatch chunks per forward pass
 * @param band around the target in which forgetting has matched it, half its width, nats per token
 * @param tasks multiple-choice tests
 * @param models further Hugging Face folders by name, in order, those that have a key of their own
 *     last; the one called {@link ModelNames#RETRAINED} is the one that the others are compared
 *     with
 * @param atSteps steps of unlearning after which the model is kept and evaluated, ascending
 * @param retrain whether a model is retrained without the forget documents and compared with
 * @param examples whether models write on after some forget chunks; what they write is kept
 * @param compute of the executors
 * @param seed of the intervals' draws
 * @param robustness which checks of it are made
 * @param answers which questions are answered
 * @param continuations of chunks; null: none
 */
public record EvaluateSettings(
    int microBatch,
    double band,
    List<MultipleChoiceTask> tasks,
    Map<String, String> models,
    List<Integer> atSteps,
    boolean retrain,
    boolean examples,
    ComputeSettings compute,
    long seed,
    RobustnessSettings robustness,
    AnswerSettings answers,
    @OrNull ContinuationSettings continuations) {
  private static final List<String> OWN = List.of(ModelNames.ORIGINAL, ModelNames.UNLEARNED);

  /** Models that are trained without the forget documents; their names are settings, too. */
  private static final List<String> COMPARED =
      List.of(ModelNames.RETRAINED, ModelNames.RETRAINED_AGAIN);

  private static final int MOST_STEPS = 100_000_000;

  public EvaluateSettings {
    tasks = List.copyOf(tasks);
    models = new LinkedHashMap<>(models); // keeps the order
    atSteps = List.copyOf(atSteps);
  }

  /** Whether models are evaluated on the processor even where there is a GPU. */
  public boolean onProcessor() {
    return compute.device() == DeviceChoice.CPU;
  }

  /**
   * Reads {@code evaluate}, {@code train.threads}, {@code stop.band} and {@code report.examples}.
   */
  public static EvaluateSettings read(Section root) {
    Section evaluate = root.section("evaluate");
    return new EvaluateSettings(
        evaluate.count("micro-batch", 1),
        root.section("stop").doubleInRange("band", 0, 100),
        MultipleChoiceTask.read(evaluate),
        models(evaluate),
        evaluate.ascending("at-steps", MOST_STEPS),
        evaluate.bool("retrain"),
        root.section("report").bool("examples"),
        new ComputeSettings(
            root.section("train").count("threads", 1),
            evaluate.choice("precision", Precision.class),
            Activations.KEEP,
            evaluate.choice("device", DeviceChoice.class)),
        evaluate.longInRange("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        RobustnessSettings.read(evaluate),
        AnswerSettings.read(evaluate),
        ContinuationSettings.read(evaluate));
  }

  private static Map<String, String> models(Section evaluate) {
    Section section = evaluate.section("models");
    Map<String, String> models = new LinkedHashMap<>();
    for (String name : section.keys()) {
      if (OWN.contains(name)
          || ModelNames.steps(name).isPresent()
          || !name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,99}")) {
        section.problem(
            name,
            "cannot be the name of a model: use at most 100 letters, digits, - and _, and none of "
                + String.join(", ", OWN)
                + " or step-N, which evaluate.at-steps makes");
      }
      if (name.equals(ModelNames.RETRAINED) && evaluate.bool("retrain")) {
        section.problem(
            name, "and evaluate.retrain=true each name the retrained model: leave one of them out");
      }
      models.put(name, section.string(Section.quoted(name)));
    }
    for (String name : COMPARED) {
      evaluate.optionalText(name).ifPresent(path -> compared(evaluate, models, name, path));
    }
    if (models.containsKey(ModelNames.RETRAINED_AGAIN)
        && !models.containsKey(ModelNames.RETRAINED)
        && !evaluate.bool("retrain")) {
      evaluate.problem(
          ModelNames.RETRAINED_AGAIN,
          "is compared with a retrained model, and there is none: name one in evaluate.retrained, or set evaluate.retrain=true");
    }
    return models;
  }

  /** A model that has a key of its own, which is short for one of {@code evaluate.models}. */
  private static void compared(
      Section evaluate, Map<String, String> models, String name, String path) {
    if (name.equals(ModelNames.RETRAINED) && evaluate.bool("retrain")) {
      evaluate.problem(
          name, "and evaluate.retrain=true each name the retrained model: leave one of them out");
    }
    if (models.putIfAbsent(name, path) != null) {
      evaluate.problem(
          name,
          "and evaluate.models.%s name the same model: leave one of them out".formatted(name));
    }
  }

  /** The setting that names one of {@link #models}. */
  public static String setting(String model) {
    return (COMPARED.contains(model) ? "evaluate." : "evaluate.models.") + model;
  }
}
