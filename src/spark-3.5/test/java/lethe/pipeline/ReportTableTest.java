package lethe.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import lethe.LocalSpark;
import lethe.report.ReportScores;
import lethe.report.ScoreRow;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table of scores in a real Iceberg catalog in a folder, and a plain one. */
class ReportTableTest {
  private static final SparkSession SPARK = LocalSpark.SESSION;
  private static final Clock CLOCK = Clock.fixed(Instant.ofEpochSecond(1), ZoneOffset.UTC);

  @TempDir Path folder;
  private String catalog;
  private String name;

  @BeforeEach
  void makeCatalog() {
    catalog = "scores" + System.nanoTime();
    name = catalog + ".ns.scores";
    SPARK.conf().set("spark.sql.catalog." + catalog, "org.apache.iceberg.spark.SparkCatalog");
    SPARK.conf().set("spark.sql.catalog." + catalog + ".type", "hadoop");
    SPARK.conf().set("spark.sql.catalog." + catalog + ".warehouse", folder + "/lake");
  }

  @AfterEach
  void forgetSettings() {
    for (String key : List.of("", ".type", ".warehouse")) {
      SPARK.conf().unset("spark.sql.catalog." + catalog + key);
    }
    SPARK.sql("DROP TABLE IF EXISTS scores_as_parquet");
  }

  @Test
  void aReportIsAppendedOnceAndInOneCommit() {
    ReportTable table = new ReportTable(SPARK, name);
    table.check();
    assertThat(table.append(scores("one", "r1"), CLOCK)).isEqualTo(2);
    assertThat(table.append(scores("one", "r1"), Clock.systemUTC())).isZero();
    assertThat(table.append(scores("one", "r2"), CLOCK)).isEqualTo(2);
    assertThat(table.append(scores("two", "r1"), CLOCK)).isEqualTo(2);
    assertThat(SPARK.table(name + ".snapshots").count()).isEqualTo(3);
    Row row =
        SPARK.table(name).where("run = 'two' and metric = 'scores.nll'").collectAsList().get(0);
    assertThat(row.mkString(" "))
        .isEqualTo("two r1 ab original f0 forget * scores.nll 2.5 2.25 null " + row.get(11));
    assertThat(row.getTimestamp(11).toInstant()).isEqualTo(CLOCK.instant());
  }

  @Test
  void twoRunsAppendAtTheSameMoment() {
    ReportTable table = new ReportTable(SPARK, name);
    table.append(scores("first", "r1"), CLOCK);
    List<CompletableFuture<Long>> both =
        Stream.of("one", "two")
            .map(run -> CompletableFuture.supplyAsync(() -> table.append(scores(run, "r1"), CLOCK)))
            .toList();
    assertThat(both).extracting(CompletableFuture::join).containsExactly(2L, 2L);
    SPARK.catalog().refreshTable(name);
    assertThat(SPARK.table(name).count()).isEqualTo(6);
  }

  @Test
  void whatAWriterThatDiedLeftOutIsAppended() {
    ReportTable table = new ReportTable(SPARK, name);
    ReportScores all = scores("one", "r1");
    table.append(new ReportScores("one", "r1", "ab", all.rows().subList(0, 1)), CLOCK);
    assertThat(table.append(all, CLOCK)).isEqualTo(1);
    assertThat(SPARK.table(name).select("metric").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactlyInAnyOrder("scores.nll", "scores.accuracy");
  }

  @Test
  void aTableMayHaveMoreColumnsInAnyOrderAndNoneTooFew() {
    SPARK.sql(
        "CREATE TABLE %s (note STRING, written TIMESTAMP, value DOUBLE, low DOUBLE, high DOUBLE, run STRING, report STRING, chunks_sha256 STRING, weights STRING, model STRING, split STRING, domain STRING)"
            .formatted(name));
    ReportTable table = new ReportTable(SPARK, name);
    assertRefuses(
        table,
        "Cannot append scores to the table %s (report.table): it has no column metric; add it: ALTER TABLE `%s`.`ns`.`scores` ADD COLUMN metric STRING"
            .formatted(name, catalog));
    SPARK.sql("ALTER TABLE " + name + " ADD COLUMN metric STRING");
    assertThat(table.append(scores("one", "r1"), CLOCK)).isEqualTo(2);
    assertThat(table.append(scores("one", "r1"), CLOCK)).isZero();
    assertThat(SPARK.table(name).where("note is null and weights = 'f0'").count()).isEqualTo(2);

    SPARK.sql("CREATE TABLE %s2 AS SELECT 1 AS run".formatted(name));
    assertRefuses(
        new ReportTable(SPARK, name + "2"),
        "Cannot append scores to the table %s2 (report.table): its column run is INT and must be STRING; name another table"
            .formatted(name));
  }

  @Test
  void aPlainTableOfTheCatalogHasTheSame() {
    ReportTable table = new ReportTable(SPARK, "scores_as_parquet");
    assertThat(table.append(scores("one", "r1"), CLOCK)).isEqualTo(2);
    assertThat(table.append(scores("one", "r1"), CLOCK)).isZero();
    assertThat(table.append(scores("one", "r2"), CLOCK)).isEqualTo(2);
    assertThat(SPARK.table("scores_as_parquet").count()).isEqualTo(4);
  }

  @Test
  void whatIsMissingIsToldBeforeAnythingIsSpent() {
    assertRefuses(
        new ReportTable(SPARK, "lak.ns.scores"),
        "Cannot append scores to the table lak.ns.scores (report.table): Spark has no catalog lak: set its class and kind, for Iceberg as spark.sql.catalog { lak = org.apache.iceberg.spark.SparkCatalog, \"lak.type\" = hive }, with these quotes");
    assertRefuses(
        new ReportTable(SPARK, "a b"),
        "Cannot append scores to the table a b (report.table): a table's name is catalog.namespace.table, with backquotes around what is no plain word");
  }

  private static void assertRefuses(ReportTable table, String message) {
    assertThatThrownBy(table::check).isInstanceOf(InvalidSettings.class).hasMessage(message);
  }

  private static ReportScores scores(String run, String report) {
    return new ReportScores(
        run,
        report,
        "ab",
        List.of(
            new ScoreRow("original", "f0", "forget", "*", "scores.nll", 2.5, 2.25, null),
            new ScoreRow("original", "f0", "forget", "*", "scores.accuracy", null, null, null)));
  }
}
