package lethe.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.evaluate.SplitScore;
import lethe.target.Split;
import lethe.target.Target;

/** The scores as a table of text: one line per split and domain, the models side by side. */
final class ScoreTable {
  /** The order of the lines: what is forgotten next to what its target comes from. */
  private static final List<String> SPLITS =
      Stream.of(
              Split.FORGET,
              Split.EARLIER,
              Split.APPROXIMATE,
              Split.RETAIN,
              Split.GENERAL,
              Split.HOLDOUT)
          .map(Split::key)
          .toList();

  private final List<String> models;
  private final Map<List<String>, Map<String, SplitScore>> lines = new LinkedHashMap<>();
  private final Optional<Target> target;

  /**
   * @param models in the order of their columns
   * @param scores of those models
   */
  ScoreTable(List<String> models, List<SplitScore> scores, Optional<Target> target) {
    this.models = models;
    this.target = target;
    scores.stream()
        .sorted(
            Comparator.comparingInt((SplitScore s) -> place(s.split()))
                .thenComparing(SplitScore::split)
                .thenComparing(SplitScore::domain)) // "*" sorts before any name
        .forEach(
            s ->
                lines
                    .computeIfAbsent(List.of(s.split(), s.domain()), l -> new LinkedHashMap<>())
                    .put(s.model(), s));
  }

  String text() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(header());
    lines.forEach((place, byModel) -> cells.add(line(place.get(0), place.get(1), byModel)));
    return TextTable.of(2, cells);
  }

  private List<String> header() {
    List<String> header = new ArrayList<>(List.of("split", "domain", "documents", "scored tokens"));
    models.forEach(m -> header.add("nll " + m));
    header.add(models.size() > 1 ? "change" : "");
    header.add("target");
    models.forEach(m -> header.add("ppl " + m));
    models.forEach(m -> header.add("acc " + m));
    return header;
  }

  private List<String> line(String split, String domain, Map<String, SplitScore> byModel) {
    SplitScore any = byModel.values().iterator().next();
    List<String> line =
        new ArrayList<>(
            List.of(
                domain.equals(SplitScore.ALL) ? split : "",
                domain.equals(SplitScore.ALL) ? "all" : domain,
                String.valueOf(any.documents()),
                String.valueOf(any.tokens())));
    List<SplitScore> scores = models.stream().map(byModel::get).toList();
    scores.forEach(s -> line.add(s == null ? "" : number(s.nll(), "%.3f")));
    line.add(change(scores));
    line.add(split.equals(Split.FORGET.key()) ? number(target(domain), "%.3f") : "");
    scores.forEach(s -> line.add(s == null ? "" : perplexity(s.perplexity())));
    scores.forEach(s -> line.add(s == null ? "" : number(100 * s.accuracy(), "%.1f%%")));
    return line;
  }

  /** How much larger the second model's loss is than the first's. */
  private static String change(List<SplitScore> scores) {
    if (scores.size() < 2 || scores.get(0) == null || scores.get(1) == null) {
      return "";
    }
    Double before = scores.get(0).nll();
    Double after = scores.get(1).nll();
    return before == null || after == null ? "-" : number(after - before, "%+.3f");
  }

  private Double target(String domain) {
    return target
        .map(t -> domain.equals(SplitScore.ALL) ? Double.valueOf(t.nll()) : t.domains().get(domain))
        .orElse(null);
  }

  private static String perplexity(Double value) {
    return number(value, value != null && value >= 1e5 ? "%.1e" : "%.2f");
  }

  private static String number(Double value, String format) {
    return value == null ? "-" : String.format(Locale.ROOT, format, value);
  }

  private static int place(String split) {
    int place = SPLITS.indexOf(split);
    return place < 0 ? SPLITS.size() : place;
  }
}
