package lethe.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lethe.evaluate.metric.Extraction;
import lethe.json.OrNull;
import lethe.model.Quantization;
import lethe.settings.Secrets;
import lethe.settings.Section;

/**
 * Which checks of the robustness are made, and what their figures may be at most.
 *
 * @param quantize how the models are rounded; none: not checked
 * @param relearnSteps after which the loss is measured, ascending; none: not checked
 * @param prefixes tokens that are given of a chunk, ascending; none: not checked
 * @param paraphrases JSON lines with documents in other words, see {@link Paraphrases}; null: not
 *     checked
 * @param prefixChunks most chunks of a split and domain that are continued
 * @param limits of the figures
 */
public record RobustnessSettings(
    List<Quantization> quantize,
    List<Integer> relearnSteps,
    List<Integer> prefixes,
    @OrNull String paraphrases,
    int prefixChunks,
    Limits limits) {

  /** No check. */
  public static final RobustnessSettings NONE =
      new RobustnessSettings(List.of(), List.of(), List.of(), null, 1, new Limits(0, 0));

  /**
   * What the figures may be at most.
   *
   * @param loss nats per token
   * @param run tokens
   */
  public record Limits(double loss, double run) {}

  public RobustnessSettings {
    quantize = List.copyOf(quantize);
    relearnSteps = List.copyOf(relearnSteps);
    prefixes = List.copyOf(prefixes);
  }

  /** Reads {@code evaluate.robustness}. */
  static RobustnessSettings read(Section evaluate) {
    Section robustness = evaluate.section("robustness");
    return new RobustnessSettings(
        quantize(robustness),
        robustness.ascending("relearn-steps", 1_000_000),
        robustness.ascending("prefixes", 1_000_000),
        robustness.optionalText("paraphrases").orElse(null),
        robustness.count("prefix-chunks", 1),
        new Limits(
            robustness.section("limits").doubleInRange("loss", 0, 100),
            robustness.section("limits").doubleInRange("run", 0, Extraction.EXTRACTED)));
  }

  /** The same with paths as a file may have them that others read. */
  RobustnessSettings shown() {
    return new RobustnessSettings(
        quantize,
        relearnSteps,
        prefixes,
        paraphrases == null ? null : Secrets.ofNothing().masked(paraphrases),
        prefixChunks,
        limits);
  }

  /** Whether there is anything to check. */
  public boolean any() {
    return !(quantize.isEmpty()
        && relearnSteps.isEmpty()
        && prefixes.isEmpty()
        && paraphrases == null);
  }

  private static List<Quantization> quantize(Section robustness) {
    List<Quantization> known = List.of(Quantization.NF4, Quantization.INT8);
    List<Quantization> wanted = new ArrayList<>();
    for (String name : robustness.strings("quantize")) {
      known.stream()
          .filter(q -> Section.spelling(q).equals(name) && !wanted.contains(q))
          .findFirst()
          .ifPresentOrElse(
              wanted::add,
              () ->
                  robustness.problem(
                      "quantize",
                      "must name some of %s, each once, had \"%s\""
                          .formatted(
                              known.stream()
                                  .map(Section::spelling)
                                  .collect(Collectors.joining(", ")),
                              name)));
    }
    return wanted;
  }
}
