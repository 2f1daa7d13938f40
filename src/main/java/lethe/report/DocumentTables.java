package lethe.report;

import java.util.ArrayList;
import java.util.List;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ForgottenDocument;
import lethe.evaluate.ModelNames;
import lethe.evaluate.RequestScore;
import lethe.settings.Section;
import lethe.target.Outcome;

/** All documents to forget and all requests, as tables for a spreadsheet. */
final class DocumentTables {
  private final List<String> models;

  DocumentTables(Evaluation evaluation) {
    models = evaluation.models().stream().map(Evaluation.Model::name).toList();
  }

  /** {@code documents.csv}: one row per document, the worst first. */
  String documents(List<ForgottenDocument> documents) {
    List<String> names =
        new ArrayList<>(List.of("requests", "domain", "document", "chunks", "scored_tokens"));
    models.forEach(model -> names.add("nll_" + model));
    names.addAll(List.of("unseen_low", "unseen_high"));
    List<String> judged = models.stream().filter(m -> !m.equals(ModelNames.ORIGINAL)).toList();
    judged.forEach(model -> names.add("outcome_" + model));
    Csv csv = new Csv(names);
    for (ForgottenDocument d : documents) {
      List<Object> cells = new ArrayList<>();
      cells.add(String.join("; ", d.requests()));
      cells.add(d.domain());
      cells.add(d.document());
      cells.add(d.chunks());
      cells.add(d.tokens());
      models.forEach(model -> cells.add(d.nll().get(model)));
      cells.add(d.unseen() == null ? null : d.unseen().low());
      cells.add(d.unseen() == null ? null : d.unseen().high());
      judged.forEach(
          model -> {
            Outcome outcome = d.outcomes().get(model); // none in a file that names other models
            cells.add(outcome == null ? null : Section.spelling(outcome));
          });
      csv.add(cells);
    }
    return csv.toString();
  }

  /** {@code requests.csv}: one row per request, in the order of the report. */
  String requests(List<RequestScore> requests) {
    List<String> names = new ArrayList<>(List.of("request", "documents", "scored_tokens"));
    models.forEach(model -> names.add("nll_" + model));
    names.addAll(List.of("outcome", "under", "over", "undecided", "matched", "nothing_found_for"));
    Csv csv = new Csv(names);
    for (RequestScore r : requests) {
      List<Object> cells = new ArrayList<>();
      cells.add(r.request());
      cells.add(r.documents());
      cells.add(r.tokens());
      models.forEach(model -> cells.add(r.nll().get(model)));
      cells.add(r.outcome() == null ? null : Section.spelling(r.outcome()));
      for (String outcome : List.of("under", "over", "undecided", "matched")) {
        cells.add(r.outcomes().getOrDefault(outcome, 0L));
      }
      cells.add(String.join("; ", r.unmet()));
      csv.add(cells);
    }
    return csv.toString();
  }
}
