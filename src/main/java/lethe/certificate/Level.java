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
  ROBUST("forgotten, matched and robust");

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
    return passed(report, "robustness") ? ROBUST : FORGOTTEN;
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
