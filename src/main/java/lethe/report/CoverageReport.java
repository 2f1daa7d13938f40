package lethe.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.SplitScore;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.target.Split;
import org.apache.hadoop.fs.Path;

/**
 * How much was asked to be forgotten, how much of it was trained on, and how much was scored.
 *
 * @param asked documents named to be forgotten, with the chunks and tokens of those in the forget
 *     split; null when there is no corpus
 * @param trained the part of the forget split that was in an applied step; null when it is not
 *     recorded, because nothing was trained here or an older program did it
 * @param scored the part of the forget split that every model scored; null when nothing was scored
 * @param warnings one sentence per difference between these, and about missing step records
 */
record CoverageReport(Amount asked, Amount trained, Amount scored, List<String> warnings) {
  private static final int VERSION = 1;

  /** What to do about a coverage.json that cannot be read. */
  static final String REMEDY = "run unlearn again, with overwrite=true";

  /**
   * Some documents.
   *
   * @param documents how many
   * @param unmet how many of them were not found or are of no use; null where they were not counted
   * @param chunks of the others
   * @param tokens in those chunks; of what is scored the scored ones: all but a chunk's first, or
   *     those of the answer
   */
  record Amount(
      long documents,
      @JsonInclude(JsonInclude.Include.NON_NULL) Long unmet,
      long chunks,
      long tokens) {
    private String text() {
      return "%d documents, %d chunks, %d ".formatted(documents, chunks, tokens);
    }
  }

  /**
   * @param folder of the run, whose manifest and {@code coverage.json} have the counts
   * @param scores of all models
   * @throws InvalidSettings when coverage.json is of another version
   */
  static CoverageReport of(RunFolder folder, List<SplitScore> scores) {
    Path path = folder.coverage();
    Optional<ObjectNode> corpus =
        folder
            .files()
            .readObjectIfThere(folder.corpusManifest(), "run prepare with overwrite=true");
    Optional<ObjectNode> training = folder.files().readObjectIfThere(path, REMEDY);
    if (training.isPresent() && training.get().path("version").asInt() != VERSION) {
      throw new InvalidSettings(
          "Cannot read %s: it is of version %s, this program reads %d; %s"
              .formatted(path, training.get().path("version").asText("none"), VERSION, REMEDY));
    }
    return of(
        corpus.map(CoverageReport::asked).orElse(null),
        training.map(json -> amount(json.path("asked"))).orElse(null),
        training.map(json -> amount(json.path("trained"))).orElse(null),
        scored(scores));
  }

  /**
   * @param meant the forget split as the training knew it; null when not recorded
   */
  static CoverageReport of(Amount asked, Amount meant, Amount trained, Amount scored) {
    List<String> warnings = new ArrayList<>();
    long unmet = asked == null || asked.unmet() == null ? 0 : asked.unmet();
    if (unmet > 0) {
      warnings.add(
          "%d of %d documents asked for were not found or cannot be used: nothing of them was trained on or scored"
              .formatted(unmet, asked.documents()));
    }
    if (asked != null && meant != null && meant.chunks() != asked.chunks()) {
      warnings.add(
          "the training had %d chunks to forget, the corpus has %d: it was made again after the training"
              .formatted(meant.chunks(), asked.chunks()));
    }
    if (trained != null && trained.chunks() < meant.chunks()) {
      warnings.add(
          "training used %d of %d chunks to forget (%d of %d documents): the others were in no step"
              .formatted(trained.chunks(), meant.chunks(), trained.documents(), meant.documents()));
    }
    if (asked != null && scored != null && scored.chunks() != asked.chunks()) {
      warnings.add(
          "%d chunks to forget were scored, the corpus has %d"
              .formatted(scored.chunks(), asked.chunks()));
    }
    return new CoverageReport(asked, trained, scored, warnings);
  }

  /** The same with one more warning, if there is one. */
  CoverageReport with(Optional<String> warning) {
    List<String> all = new ArrayList<>(warnings);
    warning.ifPresent(all::add);
    return new CoverageReport(asked, trained, scored, all);
  }

  /** For a reader: three lines, then one per warning. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "asked to forget: "
            + (asked == null
                ? "not recorded"
                : asked.text()
                    + "tokens"
                    + (asked.unmet() == null
                        ? "; documents not found were not counted"
                        : asked.unmet() > 0
                            ? "; " + asked.unmet() + " documents not found or of no use"
                            : "")));
    lines.add("trained on: " + (trained == null ? "not recorded" : trained.text() + "tokens"));
    lines.add("scored: " + (scored == null ? "nothing" : scored.text() + "scored tokens"));
    warnings.forEach(warning -> lines.add("WARNING: " + warning));
    return lines;
  }

  private static Amount asked(JsonNode manifest) {
    Long unmet =
        manifest.path("forget_unmet").isNumber() ? manifest.path("forget_unmet").asLong() : null;
    long documents = unmet == null ? 0 : unmet;
    long chunks = 0;
    long tokens = 0;
    for (JsonNode count : manifest.path("counts")) {
      if (count.path("split").asText().equals(Split.FORGET.key())) {
        documents += count.path("documents").asLong();
        chunks += count.path("chunks").asLong();
        tokens += count.path("tokens").asLong();
      }
    }
    return new Amount(documents, unmet, chunks, tokens);
  }

  private static Amount amount(JsonNode json) {
    return new Amount(
        json.path("documents").asLong(),
        null,
        json.path("chunks").asLong(),
        json.path("tokens").asLong());
  }

  private static Amount scored(List<SplitScore> scores) {
    return scores.stream()
        .filter(s -> s.split().equals(Split.FORGET.key()) && s.domain().equals(SplitScore.ALL))
        .findFirst()
        .map(s -> new Amount(s.documents(), null, s.chunks(), s.tokens()))
        .orElse(null);
  }
}
