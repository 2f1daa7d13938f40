package lethe.replay;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SHA256;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import java.util.ArrayList;
import java.util.List;
import lethe.corpus.Manifest;
import lethe.folder.RunFolder;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What became of a corpus whose chunks are not those that a run was trained on.
 *
 * @param certified the run
 * @param replayed its replay, which has prepared the corpus again
 */
record ChangedCorpus(RunFolder certified, RunFolder replayed) {
  /** Documents that are named; there may be millions. */
  private static final int MOST_NAMED = 5;

  private static final String WAS = "_was";
  private static final String IS = "_is";

  /** Sentences that name what differs. */
  List<String> sentences(SparkSession spark) {
    Manifest was = Manifest.read(certified);
    Manifest is = Manifest.read(replayed);
    List<String> sentences = new ArrayList<>();
    if (!was.tokenizerSha256().equals(is.tokenizerSha256())) {
      sentences.add(
          "tokenizer.json had the SHA-256 %s, has %s"
              .formatted(was.tokenizerSha256(), is.tokenizerSha256()));
    }
    boolean kept = certified.files().exists(certified.documents()); // run.keep=minimal deletes it
    if (kept && was.evidence() != null && is.evidence() != null) {
      documents(spark, was, is, sentences);
    } else {
      counts(was, is, sentences);
    }
    if (sentences.isEmpty()) {
      sentences.add("its texts are the same, and were cut into other chunks");
    }
    return sentences;
  }

  private void documents(SparkSession spark, Manifest was, Manifest is, List<String> to) {
    String[] name = {SPLIT, DOMAIN, DOCUMENT};
    Dataset<Row> before = table(spark, certified, was).withColumnRenamed(SHA256, WAS);
    Dataset<Row> now = table(spark, replayed, is).withColumnRenamed(SHA256, IS);
    Column same = col(WAS).isNotNull().and(col(IS).isNotNull()).and(col(WAS).equalTo(col(IS)));
    List<Row> changed =
        before
            .join(now, name, "full_outer")
            .where(not(same))
            .orderBy(SPLIT, DOMAIN, DOCUMENT)
            .limit(MOST_NAMED + 1)
            .collectAsList();
    changed.stream().limit(MOST_NAMED).forEach(row -> to.add(sentence(row)));
    if (changed.size() > MOST_NAMED) {
      to.add("and more documents");
    }
  }

  private static String sentence(Row row) {
    String what =
        row.getAs(IS) == null
            ? "is not there any more"
            : row.getAs(WAS) == null ? "was not there" : "has another text";
    return "document %s of domain %s in split %s %s"
        .formatted(row.getAs(DOCUMENT), row.getAs(DOMAIN), row.getAs(SPLIT), what);
  }

  /** The files that the manifest lists, and no other. */
  private static Dataset<Row> table(SparkSession spark, RunFolder run, Manifest manifest) {
    String below = run.documents().getName() + "/";
    String[] parts =
        manifest.evidence().stream()
            .map(Manifest.Part::path)
            .filter(path -> path.startsWith(below))
            .map(path -> new Path(run.root(), path).toString())
            .toArray(String[]::new);
    return spark.read().parquet(parts).select(SPLIT, DOMAIN, DOCUMENT, SHA256);
  }

  private static void counts(Manifest was, Manifest is, List<String> to) {
    was.counts().stream()
        .filter(count -> !is.counts().contains(count))
        .forEach(
            count ->
                to.add(
                    "split %s, domain %s had %d documents with %d tokens"
                        .formatted(
                            count.split(), count.domain(), count.documents(), count.tokens())));
    is.counts().stream()
        .filter(count -> !was.counts().contains(count))
        .forEach(
            count ->
                to.add(
                    "split %s, domain %s has %d documents with %d tokens"
                        .formatted(
                            count.split(), count.domain(), count.documents(), count.tokens())));
  }
}
