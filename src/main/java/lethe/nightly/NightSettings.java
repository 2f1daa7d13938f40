package lethe.nightly;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lethe.json.Json;
import lethe.run.KeptSplits;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.Section;
import lethe.settings.Settings;
import lethe.target.Split;
import org.apache.commons.lang3.StringUtils;

/**
 * The settings of a night's run: the user's, with what the plan decides laid over them.
 *
 * @param user as the user wrote them
 */
record NightSettings(Settings user) {
  private static final String FORGET = Split.FORGET.key();
  private static final String EARLIER = Split.EARLIER.key();

  /** Records what a run file for nights must not have. */
  void check() {
    Section root = user.root();
    Section splits = root.section("corpus").section("splits");
    for (String own : List.of(FORGET, EARLIER)) {
      if (splits.has(own)) {
        splits.problem(own, "must not be set for nightly, which fills it from the requests");
      }
    }
    if (root.section("pretrain").bool("enabled")) {
      root.section("pretrain")
          .problem("enabled", "must be false for nightly, which begins with a model that is there");
    }
    if (root.bool("dry-run")) {
      root.problem(
          "dry-run",
          "must be false for nightly, which writes its plan down; validate checks a run file");
    }
    Section duplicates = root.section("corpus").section("duplicates");
    if (!duplicates.isWord("action", "drop")) {
      duplicates.problem(
          "action",
          "must be drop for nightly: whatever repeats a forgotten document would teach it again");
    }
    Section lora = root.section("train").section("lora");
    if (lora.isWord("write", "adapter")) {
      lora.problem(
          "write",
          "must be merged or both for nightly: the next night begins with the model, not with an adapter");
    }
  }

  /** A run that stands for any night's, where a night is not known yet. */
  RunConfig any(NightlySettings nightly) {
    List<String> pairs = new ArrayList<>(new KeptSplits(user).pairs(false));
    String missing = "nightly"; // in place of a directory that was found missing already
    pairs.add("run.dir=" + Json.text(StringUtils.defaultIfEmpty(nightly.directory(), missing)));
    pairs.add("corpus.splits.forget={\"where\": \"true\"}");
    return RunConfig.parse(Verb.RUN, user.with(pairs));
  }

  /** The run of a night. */
  RunConfig of(NightPlan plan, NightlyFolder folder) {
    boolean earlier = plan.earlierSha256() != null;
    List<String> pairs = new ArrayList<>(new KeptSplits(user).pairs(earlier));
    pairs.add("run.dir=" + Json.text(folder.night(plan.night()).root().toString()));
    pairs.add("corpus.splits.forget.requests=" + Json.text(folder.forget(plan.night()).toString()));
    if (earlier) {
      pairs.add(
          "corpus.splits.earlier.requests=" + Json.text(folder.earlier(plan.night()).toString()));
    }
    pairs.add("corpus.allow-unmet-requests=true"); // the ledger says what was not found
    if (plan.start() != null) {
      pairs.add("unlearn.initial-weights=" + Json.text(plan.start().model()));
      if (user.isDefault("unlearn.reference")) {
        // The first model knows what was forgotten since: to stay near it brings that back.
        pairs.add("unlearn.reference=start");
      }
    }
    pairs.add("report.require=" + Json.text(required(earlier)));
    return RunConfig.parse(Verb.RUN, user.with(pairs));
  }

  /** The user's conditions, or a matched verdict; what was kept and what was forgotten always. */
  private Set<String> required(boolean earlier) {
    Section report = user.root().section("report");
    Set<String> required =
        new LinkedHashSet<>(report.has("require") ? report.strings("require") : List.of("matched"));
    required.add("damage");
    if (earlier) {
      required.add(EARLIER);
    }
    return required;
  }

  /** Where the user has the folder of the nights. */
  static Optional<NightlySettings> read(Settings settings) {
    return settings.root().section("nightly").has("directory")
        ? Optional.of(NightlySettings.read(settings.root()))
        : Optional.empty();
  }
}
