package lethe.pipeline;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import lethe.corpus.DocumentsInTwoSplits;
import lethe.corpus.Manifest;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import lethe.target.Split;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * The documents that a task forgets, as requests with the task's name: {@code forgotten.jsonl},
 * once its corpus is prepared. Those of the tasks before it are in {@code earlier.jsonl}, which its
 * split earlier is made of.
 *
 * @param task its name
 * @param folder of its run
 */
record TaskDocuments(String task, RunFolder folder) {

  private Path file() {
    return new Path(folder.root(), "forgotten.jsonl");
  }

  private Path earlier() {
    return new Path(folder.root(), "earlier.jsonl");
  }

  /** Whether the corpus is prepared and its documents are written down. */
  boolean known() {
    return folder.files().exists(folder.corpusManifest()) && folder.files().exists(file());
  }

  /** Before the corpus is prepared again. */
  void forget() {
    folder.files().delete(file());
  }

  /** Writes down what the prepared corpus has to forget. */
  void note() {
    SparkSession spark = SparkSession.builder().getOrCreate();
    String lines =
        Manifest.read(folder)
            .documents(spark, folder)
            .filter(col(SPLIT).equalTo(Split.FORGET.key()))
            .select(DOMAIN, DOCUMENT)
            .orderBy(DOMAIN, DOCUMENT)
            .collectAsList()
            .stream()
            .map(row -> line(row.getAs(DOMAIN), row.getAs(DOCUMENT)))
            .collect(Collectors.joining());
    folder.files().writeText(file(), lines);
  }

  private String line(String domain, String document) {
    Map<String, String> line = new LinkedHashMap<>();
    line.put("request", task);
    line.put("document", document);
    line.put("domain", domain);
    return Json.text(line) + "\n";
  }

  private String text() {
    return new String(folder.files().read(file()), StandardCharsets.UTF_8);
  }

  /**
   * Writes what the tasks before have forgotten.
   *
   * @throws InvalidSettings when this task's corpus was prepared for other documents
   */
  void follow(List<TaskDocuments> before) {
    String lines = before.stream().map(TaskDocuments::text).collect(Collectors.joining());
    boolean written = folder.files().exists(earlier());
    if (written
        && new String(folder.files().read(earlier()), StandardCharsets.UTF_8).equals(lines)) {
      return;
    }
    if (written && known()) {
      throw new InvalidSettings(
          "Cannot go on with task %s: the tasks before it forget other documents than when it was prepared; run everything again with overwrite=true"
              .formatted(task));
    }
    folder.files().writeText(earlier(), lines);
  }

  /** Whether the task forgets a document. */
  private boolean has(DocumentsInTwoSplits.Document document) {
    return text()
        .lines()
        .map(TaskDocuments::parsed)
        .anyMatch(
            line ->
                line.get("document").equals(document.id())
                    && line.get("domain").equals(document.domain()));
  }

  private static Map<?, ?> parsed(String line) {
    try {
      return Json.MAPPER.readValue(line, Map.class);
    } catch (IOException e) {
      throw new InvalidSettings("Cannot read what a task has forgotten: " + line, e);
    }
  }

  /** Which two tasks claim a document. */
  InvalidSettings claimedTwice(
      DocumentsInTwoSplits.Document document, List<TaskDocuments> before, Throwable cause) {
    Optional<String> other =
        before.stream().filter(task -> task.has(document)).map(TaskDocuments::task).findFirst();
    return new InvalidSettings(
        "Tasks %s and %s both claim document %s of domain %s%s: narrow the condition of one, since a document is forgotten once"
            .formatted(
                other.orElse("before it"),
                task,
                document.id(),
                document.domain(),
                document.all() > 1
                    ? " (%d documents are claimed twice)".formatted(document.all())
                    : ""),
        cause);
  }
}
