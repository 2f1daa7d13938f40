package lethe.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import lethe.run.Provenance;

/**
 * What the last bits of a training depend on besides its inputs and settings: the build of Lethe,
 * and processor or GPU, threads, precision and PyTorch of the workers.
 */
final class Conditions {
  /** The stages before the model is written. */
  private static final List<String> STAGES = List.of("pretrain", "finetune", "unlearn");

  private Conditions() {}

  /**
   * How two runs differ in it: where they do, the same training may have other bits.
   *
   * @param certified the {@code run.json} of one
   * @param now that of the other, which may not have trained yet: then the drivers' processors and
   *     the threads count, which are known before
   * @return a sentence per difference; empty where the bits must be the same
   */
  static List<String> differences(JsonNode certified, JsonNode now) {
    List<String> differences = new ArrayList<>();
    compare("Lethe", build(certified), build(now), differences);
    boolean trained = false;
    for (String stage : STAGES) {
      String was = environment(certified, stage);
      String is = environment(now, stage);
      if (!was.isEmpty() && !is.isEmpty()) {
        trained = true;
        compare("the workers of " + stage, was, is, differences);
      }
    }
    if (!trained) {
      compare("the processor", text(certified, "/processor"), text(now, "/processor"), differences);
      setting("train/threads", certified, now, differences);
    }
    for (String section : List.of("train", "pretrain", "finetune")) {
      setting(section + "/micro-batch", certified, now, differences);
    }
    return differences;
  }

  private static String build(JsonNode run) {
    return "%s (commit %s)".formatted(text(run, "/lethe"), text(run, "/commit"));
  }

  private static String environment(JsonNode run, String stage) {
    return run.path(Provenance.ENVIRONMENTS).path(stage).asText();
  }

  private static void setting(
      String name, JsonNode certified, JsonNode now, List<String> differences) {
    String pointer = "/" + Provenance.SETTINGS + "/" + name;
    compare(name.replace('/', '.'), text(certified, pointer), text(now, pointer), differences);
  }

  private static String text(JsonNode run, String pointer) {
    JsonNode value = run.at(pointer);
    return value.isMissingNode() ? "not recorded" : value.asText();
  }

  private static void compare(String what, String was, String is, List<String> differences) {
    if (!was.equals(is)) {
      differences.add("%s: was %s, is %s".formatted(what, was, is));
    }
  }
}
