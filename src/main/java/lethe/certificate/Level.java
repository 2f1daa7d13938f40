package lethe.certificate;

import com.fasterxml.jackson.databind.JsonNode;

/** How much a run has shown; each includes the ones before. */
enum Level {
  /** Documents were named to be forgotten. */
  REQUESTED("requested"),
  /** All of them were found and trained on, and nothing that repeats them is among what is kept. */
  EXCLUDED("excluded"),
  /** The verdict is matched, and the damage to what is kept is within its limit. */
  FORGOTTEN("forgotten and matched"),
  /** What is forgotten stays so in rounded and in further trained copies. */
  ROBUST("forgotten, matched and robust"),
  /**
   * The run has retrained a model without the documents, and on them the loss is within the band of
   * that model's and the predictions are nearer to it than the original's were.
   */
  RETRAINED("forgotten, matched, robust and near a retrained model");

  private final String words;

  Level(String words) {
    this.words = words;
  }

  /** As a certificate says it. */
  String words() {
    return words;
  }

  /**
   * The level of a run.
   *
   * @param report as {@code report.json}
   * @param settings of the run
   */
  static Level of(JsonNode report, JsonNode settings) {
    JsonNode asked = report.at("/coverage/asked");
    boolean drops = settings.at("/corpus/duplicates/action").asText().equals("drop");
    boolean all =
        asked.path("documents").asLong() > 0
            && asked.path("unmet").asLong(1) == 0
            && report.at("/coverage/trained/documents").asLong()
                == asked.path("documents").asLong();
    if (!drops || !all) {
      return REQUESTED;
    }
    if (!report.at("/verdict/outcome").asText().equals("matched") || !passed(report, "damage")) {
      return EXCLUDED;
    }
    if (!passed(report, "robustness")) {
      return FORGOTTEN;
    }
    return nearRetrained(report, settings) ? RETRAINED : ROBUST;
  }

  /** Only a model that the run has retrained itself counts: another may have read anything. */
  private static boolean nearRetrained(JsonNode report, JsonNode settings) {
    if (!settings.at("/evaluate/retrain").asBoolean()
        || settings.at("/evaluate/retrained").isTextual()) {
      return false;
    }
    double band = settings.at("/stop/band").asDouble(0);
    for (JsonNode row : report.path("truths")) {
      if (row.path("model").asText().equals("unlearned")) {
        double distance =
            row.path("nll").asDouble(Double.NaN) - row.path("truth").asDouble(Double.NaN);
        return Math.abs(distance) <= band && nearer(row); // false where one is not a number
      }
    }
    return false;
  }

  private static boolean nearer(JsonNode truth) {
    for (JsonNode split : truth.path("splits")) {
      if (split.path("split").asText().equals("forget")
          && split.path("domain").asText().equals("*")) {
        return split.at("/nearer/outcome").asText().equals("nearer");
      }
    }
    return false;
  }

  private static boolean passed(JsonNode report, String condition) {
    for (JsonNode one : report.path("conditions")) {
      if (one.path("name").asText().equals(condition)) {
        return one.path("state").asText().equals("passed");
      }
    }
    return false;
  }
}
