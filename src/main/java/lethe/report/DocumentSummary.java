package lethe.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.evaluate.ForgottenDocument;
import lethe.evaluate.ModelNames;
import lethe.settings.Section;
import lethe.target.Outcome;

/**
 * The documents to forget, as far as a page can show them; {@code documents.csv} has all.
 *
 * @param count of all
 * @param outcomes of the unlearned model: how many documents there are of each
 * @param worst so many at most, the worst first
 */
record DocumentSummary(long count, Map<String, Long> outcomes, List<ForgottenDocument> worst) {
  private static final int MOST = 500;

  /**
   * @param documents all, the worst first
   */
  static DocumentSummary of(List<ForgottenDocument> documents) {
    Map<String, Long> outcomes = new LinkedHashMap<>();
    for (Outcome outcome : Outcome.values()) {
      long count =
          documents.stream().filter(d -> d.outcomes().get(ModelNames.UNLEARNED) == outcome).count();
      outcomes.put(Section.spelling(outcome), count);
    }
    return new DocumentSummary(documents.size(), outcomes, documents.stream().limit(MOST).toList());
  }
}
