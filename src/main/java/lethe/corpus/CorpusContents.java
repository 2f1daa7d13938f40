package lethe.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.corpus.duplicate.DuplicateClosure;
import lethe.corpus.duplicate.Repeat;
import lethe.corpus.split.Rejects;
import lethe.corpus.split.Requests;
import lethe.corpus.split.Splits;
import lethe.corpus.token.TokenizerLibrary;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Everything there is to write.
 *
 * @param tokenizerSha256 of {@code tokenizer.json}
 * @param library that makes its tokens
 * @param rejects rows of the sources that are not used
 * @param taken of {@link Splits#counts}
 * @param chunks not computed yet
 * @param requests of {@link Requests#answered}, if there are any
 * @param duplicates of {@link DuplicateClosure#table}, if they were looked for
 * @param repeats counts of them
 * @param documents columns {@code split domain id} and where each document is from
 * @param reused documents whose chunks an earlier run has
 * @param unmet of {@link UnmetRequests#forget}
 * @param warnings what a careful reader should know
 */
record CorpusContents(
    String tokenizerSha256,
    TokenizerLibrary library,
    Rejects rejects,
    List<Splits.Count> taken,
    Dataset<Row> chunks,
    Optional<Dataset<Row>> requests,
    Optional<Dataset<Row>> duplicates,
    List<Repeat> repeats,
    Dataset<Row> documents,
    long reused,
    long unmet,
    List<String> warnings) {

  /** What the splits are like. */
  CorpusSummary summary(List<Manifest.Count> counts) {
    List<String> all = new ArrayList<>(warnings);
    all.addAll(CorpusSummary.differences(counts));
    return new CorpusSummary(rejects.rows(), rejects.reasons(), counts, repeats, reused, all);
  }
}
