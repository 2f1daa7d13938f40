package lethe.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.sql.DeltaSparkSessionExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lethe.LocalSpark;
import lethe.corpus.source.Documents;
import lethe.corpus.source.Source;
import lethe.corpus.source.SourceTable;
import lethe.corpus.source.TableVersions;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources that are Delta tables. */
class DeltaSourceTest {
  private static SparkSession spark;

  @TempDir Path folder;
  private SmallCorpora corpora;

  /** One with Delta's settings, in the process of the others. */
  @BeforeAll
  static void start() {
    LocalSpark.SESSION.conf(); // so that there is a context
    SparkSession.clearActiveSession();
    SparkSession.clearDefaultSession();
    String catalog = "org.apache.spark.sql.delta.catalog.DeltaCatalog";
    spark =
        SparkSession.builder()
            .withExtensions(new DeltaSparkSessionExtension())
            .config("spark.sql.extensions", DeltaSparkSessionExtension.class.getName())
            .config("spark.sql.catalog.spark_catalog", catalog)
            .config("spark.databricks.delta.snapshotPartitions", "1") // 50 cost seconds
            .getOrCreate();
    restore();
  }

  @AfterAll
  static void restore() {
    SparkSession.setActiveSession(LocalSpark.SESSION);
    SparkSession.setDefaultSession(LocalSpark.SESSION);
  }

  @BeforeEach
  void makeTable() throws IOException {
    SparkSession.setActiveSession(spark);
    corpora = SmallCorpora.in(folder);
    append("a.jsonl");
  }

  @Test
  void theVersionThatIsFoundFirstIsReadAndCanBeChosen() throws IOException {
    String source = "{ path = \"%s/delta\", domain = a, format = delta%s }";
    List<SourceTable> first = List.of(new SourceTable(0, folder + "/delta", "delta", "0"));
    Documents found = documents(source.formatted(folder, ""), List.of());
    assertThat(found.tables()).isEqualTo(first);
    assertThat(found.bytes().orElseThrow()).isBetween(1000L, 100_000L);
    corpora.write("more.jsonl", SmallCorpora.documents("more", 3));
    append("more.jsonl");

    assertThat(found.read().count()).isEqualTo(20);
    assertThat(documents(source.formatted(folder, ""), first).read().count()).isEqualTo(20);
    assertThat(documents(source.formatted(folder, ""), List.of()).read().count()).isEqualTo(23);
    assertThat(documents(source.formatted(folder, ", version = 0"), List.of()).read().count())
        .isEqualTo(20);
    assertThatThrownBy(() -> documents(source.formatted(folder, ", version = 7"), first).tables())
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot read source %s/delta as delta: it has no version 7 (Cannot time travel Delta table to version 7. Available versions: [0, 1].); set version to another one, or leave it out",
            folder);
    assertThatThrownBy(() -> documents(source.formatted(folder + "/none", ""), List.of()).tables())
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot read source %s/none/delta as delta: there is no Delta table in that folder; restore it, or name another one",
            folder);
  }

  private Documents documents(String source, List<SourceTable> begun) {
    List<Source> sources = corpora.settings(source, "forget { where = true }", "").sources();
    return new Documents(spark, sources, List.of(), new TableVersions(spark, begun));
  }

  private void append(String name) {
    spark
        .read()
        .json(folder + "/" + name)
        .write()
        .format("delta")
        .mode("append")
        .save(folder + "/delta");
  }
}
