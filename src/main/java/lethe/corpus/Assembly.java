package lethe.corpus;

import static lethe.corpus.source.Documents.FILE;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.ROW;
import static lethe.corpus.source.Documents.SOURCE_NUMBER;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.split.DocumentIndex.CONTENT;
import static lethe.table.Columns.BY;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.KEY;
import static lethe.table.Columns.REASON;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import lethe.corpus.duplicate.DuplicateClosure;
import lethe.corpus.duplicate.DuplicateSettings.Action;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.source.Documents;
import lethe.corpus.split.DocumentIndex;
import lethe.corpus.split.Rejects;
import lethe.corpus.split.Requests;
import lethe.corpus.split.RuleFiles;
import lethe.corpus.split.Splits;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.table.MaterializedTables;
import lethe.target.Split;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The way from the sources to everything there is to write, in steps that need those before them:
 * index the rows, assign documents to splits, answer requests, settle duplicates, make chunks. Each
 * step refuses what it finds wrong; nothing is written here.
 *
 * @param how documents become chunks, with the settings and the texts
 * @param documents of the sources
 * @param tables that keep what is found
 * @param files of the run
 * @param vocabulary rows of the model's embedding
 * @param previous corpus whose chunks are taken over, if one is
 */
record Assembly(
    Tokenization how,
    Documents documents,
    MaterializedTables tables,
    Files files,
    int vocabulary,
    Optional<PreviousCorpus> previous) {
  private static final String[] NAME = {DOMAIN, ID};

  /**
   * What the sources have.
   *
   * @param named what the files that rules name say
   * @param index of all rows
   */
  private record SourceIndex(RuleFiles named, Dataset<Row> index, Rejects rejects) {}

  /**
   * What became of requests.
   *
   * @param lines of the request files with the documents taken for them, if there are any
   */
  private record RequestOutcome(Optional<Dataset<Row>> lines, UnmetRequests unmet) {}

  /**
   * The splits after duplicates were settled.
   *
   * @param duplicates empty where they are ignored
   */
  private record SettledSplits(Splits splits, Optional<DuplicateClosure> duplicates) {}

  /**
   * Takes all steps.
   *
   * @param early receives at once what makes the stage slow
   * @throws InvalidSettings naming what is wrong with the settings or the sources
   */
  CorpusContents contents(Consumer<String> early) {
    SourceIndex sources = indexed();
    Splits assigned = assigned(sources);
    List<String> giants = assigned.giants();
    giants.forEach(early);
    RequestOutcome answered = answered(sources, assigned);
    SettledSplits settled = settled(sources, assigned);
    refuse(new ShortDocuments(how).problems(settled.splits()));
    Dataset<Row> placed = placed(settled.splits(), sources.index());
    DocumentTexts.Amount amount = settled.splits().amount();
    refuse(new UnknownTokens(how, vocabulary).problems(placed, amount));
    Optional<Dataset<Row>> known = previous.map(corpus -> tables.keep(corpus.known(placed)));
    return new CorpusContents(
        DigestUtils.sha256Hex(how.json().value()),
        how.library(),
        sources.rejects(),
        settled.splits().counts(),
        chunks(placed, amount, known),
        answered.lines(),
        settled.duplicates().map(DuplicateClosure::table),
        settled.duplicates().map(DuplicateClosure::counts).orElse(List.of()),
        placed,
        known.map(tables::count).orElse(0L),
        answered.unmet().forget(),
        warnings(sources, answered, settled, giants));
  }

  private SourceIndex indexed() {
    CorpusSettings settings = how.settings();
    RuleFiles named = RuleFiles.read(settings.splits(), tables, how.texts().spark(), files);
    Dataset<Row> all =
        tables.keep(
            new DocumentIndex(settings.splits(), settings.seed(), named).of(how.texts().table()));
    Dataset<Row> index =
        how.encoder()
            .map(
                encoder ->
                    new LongQuestions(how.json(), how.library(), encoder, settings.chunkTokens())
                        .rejected(all, how.texts(), tables))
            .orElse(all);
    Rejects rejects = Rejects.of(index);
    refuse(rejects.problems(settings.sources(), settings.maximumRejects()));
    return new SourceIndex(named, index, rejects);
  }

  private Splits assigned(SourceIndex sources) {
    Splits splits =
        new Splits(
            how.settings().splits(),
            tables,
            sources.index(),
            which -> how.tokens(which, DocumentTexts.Amount.of(which)));
    List<Splits.Conflict> conflicts = splits.conflicts();
    if (!conflicts.isEmpty()) {
      throw new DocumentsInTwoSplits(conflicts);
    }
    if (splits.documents(Split.FORGET) == 0) {
      refuseLongQuestions(sources, splits);
    }
    refuse(emptySplits(sources).problems(splits, null));
    return splits;
  }

  /** All that is named to be forgotten may be questions that no chunk has room for. */
  private void refuseLongQuestions(SourceIndex sources, Splits splits) {
    if (how.settings().splits().rule(Split.FORGET).requests().isEmpty()) {
      return;
    }
    Dataset<Row> without = new ShortDocuments(how).toForget(splits);
    new Requests(tables, how.settings().splits(), sources.named(), sources.index(), without)
        .answered(splits)
        .map(lines -> lines.where(col(SPLIT).equalTo(Split.FORGET.key())))
        .filter(lines -> lines.where(not(col(REASON).eqNullSafe(LongQuestions.REASON))).isEmpty())
        .map(lines -> lines.select(BY, KEY).distinct().count())
        .filter(named -> named > 0)
        .ifPresent(
            named -> {
              throw new NothingToForget(
                  "Split forget has no chunk: %d documents are named, and each one's question alone fills corpus.chunk-tokens = %d tokens"
                      .formatted(named, how.settings().chunkTokens()));
            });
  }

  private EmptySplits emptySplits(SourceIndex sources) {
    return new EmptySplits(
        how.settings(), how.texts().table(), sources.named(), sources.index(), sources.rejects());
  }

  private RequestOutcome answered(SourceIndex sources, Splits assigned) {
    CorpusSettings settings = how.settings();
    Dataset<Row> without = tables.keep(new ShortDocuments(how).toForget(assigned));
    Optional<Dataset<Row>> lines =
        new Requests(tables, settings.splits(), sources.named(), sources.index(), without)
            .answered(assigned);
    UnmetRequests unmet =
        UnmetRequests.of(
            settings, tables, sources.named(), sources.index(), sources.rejects(), lines, without);
    if (!settings.allowUnmet()) {
      refuse(unmet.problems());
    }
    long documents = assigned.documents(Split.FORGET);
    if (tables.count(without) == documents) {
      throw new NothingToForget(
          "Split forget has no chunk: all of its %d documents are shorter than corpus.min-tail-tokens = %d tokens"
              .formatted(documents, settings.minimumTail()));
    }
    return new RequestOutcome(lines, unmet);
  }

  private SettledSplits settled(SourceIndex sources, Splits assigned) {
    CorpusSettings settings = how.settings();
    Action action = settings.duplicates().action();
    if (action == Action.IGNORE) {
      return new SettledSplits(assigned, Optional.empty());
    }
    DuplicateClosure closure =
        new DuplicateClosure(tables, settings.duplicates(), how.texts(), assigned);
    Splits closed = closure.closed(action);
    refuse(emptySplits(sources).problems(closed, assigned));
    return new SettledSplits(closed, Optional.of(closure));
  }

  /** The documents of all splits, with their content's hash and where they are from. */
  private static Dataset<Row> placed(Splits splits, Dataset<Row> index) {
    return splits
        .taken()
        .join(
            index
                .where(col(UNUSABLE).isNull())
                .select(DOMAIN, ID, CONTENT, SOURCE_NUMBER, FILE, ROW),
            NAME);
  }

  /** Chunks of some documents, those known taken over from the previous corpus. */
  private Dataset<Row> chunks(
      Dataset<Row> documents, DocumentTexts.Amount amount, Optional<Dataset<Row>> known) {
    if (known.isEmpty()) {
      return how.chunks(documents, amount);
    }
    Dataset<Row> others = documents.join(known.get().select(DOMAIN, ID), NAME, "left_anti");
    return previous
        .orElseThrow()
        .chunks(known.get())
        .unionAll(how.chunks(others, DocumentTexts.Amount.of(others)));
  }

  private List<String> warnings(
      SourceIndex sources, RequestOutcome answered, SettledSplits settled, List<String> giants) {
    CorpusSettings settings = how.settings();
    List<String> warnings = new ArrayList<>(sources.rejects().empty(settings.sources()));
    warnings.addAll(documents.notes());
    warnings.addAll(sources.rejects().made(settings.sources()));
    warnings.addAll(answered.unmet().sentences());
    warnings.addAll(
        UnmetRequests.unsure(settings, sources.named(), sources.index(), sources.rejects()));
    settled.duplicates().map(DuplicateClosure::warnings).ifPresent(warnings::addAll);
    warnings.addAll(giants);
    return warnings;
  }

  /**
   * @throws InvalidSettings with all problems, if there are any
   */
  static void refuse(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }
}
