package lethe.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lethe.BuildFolder;
import lethe.LocalSpark;
import lethe.corpus.source.Documents;
import lethe.corpus.source.Source;
import lethe.corpus.source.SourceTable;
import lethe.corpus.source.TableVersions;
import lethe.settings.InvalidSettings;
import org.apache.iceberg.spark.Spark3Util;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.functions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources that are tables of a real Iceberg catalog in a folder, and plain ones. */
class SourceTablesTest {
  private static final SparkSession SPARK = LocalSpark.SESSION;
  private static final String SPLITS =
      "forget { where = \"meta.number < 5\" }, retain { where = \"meta.number >= 5\" }";

  /** The hash of the chunks of the twenty documents, whatever they are read from. */
  private static final String CHUNKS =
      "9bafabea463476a527d07a268becc61b19e95742aa773075756f0673c5ff84bd";

  @TempDir Path folder;
  private SmallCorpora corpora;

  /** Of its own for each test, since Spark keeps a catalog that it has loaded. */
  private String catalog;

  @BeforeEach
  void makeTable() throws Exception { // Spark 4 declares what Spark 3.5 throws as well
    corpora = SmallCorpora.in(folder);
    catalog = "lake" + System.nanoTime();
    SPARK.conf().set("spark.sql.catalog." + catalog, "org.apache.iceberg.spark.SparkCatalog");
    SPARK.conf().set("spark.sql.catalog." + catalog + ".type", "hadoop");
    SPARK.conf().set("spark.sql.catalog." + catalog + ".warehouse", folder + "/lake");
    documents().repartition(3).writeTo(table()).create();
  }

  @AfterEach
  void forgetSettings() {
    for (String key : List.of("", ".type", ".warehouse")) {
      SPARK.conf().unset("spark.sql.catalog." + catalog + key);
    }
    SPARK.sql("DROP TABLE IF EXISTS documents_as_parquet");
  }

  @Test
  void givesTheChunksThatTheSameRowsGiveAsParquetHoweverItsFilesAreCut() {
    documents().coalesce(1).write().parquet(folder + "/p");
    String parquet = "{ path = \"" + folder + "/p\", domain = a, format = parquet }";
    assertThat(execute(parquet, List.of())).isEqualTo(CHUNKS);
    rewrite(7);
    assertThat(execute(iceberg(""), List.of())).isEqualTo(CHUNKS);
    assertThat(SPARK.read().parquet(folder + "/run/corpus-documents").collectAsList())
        .as("the file of each document, and its place in there")
        .allMatch(row -> row.<String>getAs("file").matches(folder + "/lake/.*[.]parquet"))
        .extracting(row -> row.getAs("file") + " " + row.getAs("row"))
        .doesNotHaveDuplicates()
        .hasSize(20);
  }

  @Test
  void aTableWithoutVersionsIsReadAsItIsAndTheManifestSaysSo() {
    documents().write().saveAsTable("documents_as_parquet");
    assertThat(execute("{ path = documents_as_parquet, domain = a, format = table }", List.of()))
        .isEqualTo(CHUNKS);
    Manifest manifest = Manifest.read(corpora.run());
    assertThat(manifest.tables())
        .containsExactly(new SourceTable(0, "documents_as_parquet", "table", null));
    assertThat(manifest.warnings())
        .contains(
            "Source documents_as_parquet has no versions: who prepares this corpus again reads what the table has then");
  }

  @Test
  void readsTheSnapshotThatItFoundFirstAtEveryLookAndSaysSo() {
    String first = current();
    Documents found = read(iceberg(""));
    assertThat(found.tables()).containsExactly(new SourceTable(0, table(), "iceberg", first));
    List<String> said = new ArrayList<>();
    Prepare.Result result =
        prepare(iceberg(""), List.of()).execute(said::add, this::append, () -> {});
    assertThat(result.chunksSha256()).isEqualTo(CHUNKS);
    assertThat(found.read().count()).as("rows of another look, after a commit").isEqualTo(20);
    assertThat(said)
        .contains("source %s is read at snapshot %s of iceberg".formatted(table(), first));
    Manifest manifest = Manifest.read(corpora.run());
    assertThat(manifest.tables()).containsExactly(new SourceTable(0, table(), "iceberg", first));
    assertThat(manifest.rows()).isEqualTo(20);
    assertThat(folder.resolve("run/corpus-sources.json")).doesNotExist();
  }

  @Test
  void anAttemptAfterACrashReadsWhatTheFirstOneRead() {
    String first = current();
    Runnable crash =
        () -> {
          throw new IllegalStateException("crash");
        };
    assertThatThrownBy(() -> prepare(iceberg(""), List.of()).execute(early -> {}, () -> {}, crash))
        .hasMessage("crash");
    append();
    List<SourceTable> begun = SourceTables.interrupted(corpora.run());
    assertThat(begun).containsExactly(new SourceTable(0, table(), "iceberg", first));
    assertThat(execute(iceberg(""), begun)).isEqualTo(CHUNKS);
    assertThat(rows(iceberg(""))).as("what an attempt reads that goes on with none").isEqualTo(23);
  }

  @Test
  void aSnapshotThatExpiredBetweenACrashAndTheNextAttemptIsToldWithTheRemedy() {
    String first = current();
    append();
    expire(first);
    List<SourceTable> begun = List.of(new SourceTable(0, table(), "iceberg", first));
    assertRefuses(
        () -> prepare(iceberg(""), begun).check(),
        "Cannot read source %s as iceberg: it has no snapshot %s, its last ones are %s: an interrupted prepare of this run folder has read it; run prepare with overwrite=true, which reads the current snapshot"
            .formatted(table(), first, current()));
  }

  @Test
  void aSnapshotWhoseFilesGoWhileItIsReadIsToldWithTheRemedy() {
    String first = current();
    Prepare prepare = prepare(iceberg(""), List.of());
    Runnable rewrite =
        () -> {
          rewrite(1);
          expire(first);
        };
    assertThatThrownBy(() -> prepare.execute(early -> {}, rewrite, () -> {}))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot read source %s as iceberg: it has no snapshot %s, its last ones are %s: it went while it was read; restore it, or read what the table has now: run prepare with overwrite=true, without a snapshot or version in the settings",
            table(), first, current());
  }

  @Test
  void aSnapshotCanBeChosen() {
    String first = current();
    append();
    assertThat(rows(iceberg(""))).isEqualTo(23);
    assertThat(rows(iceberg("snapshot = " + first))).isEqualTo(20);
    assertRefuses(
        () -> prepare(iceberg("snapshot = 42"), List.of()).check(),
        "Cannot read source %s as iceberg: it has no snapshot 42, its last ones are %s, %s; set snapshot to another one, or leave it out"
            .formatted(table(), current(), first));
  }

  @Test
  void filesOfTablesAreMeasuredForTheWayToPlan() throws IOException {
    assertThat(read(iceberg("")).bytes()).hasValue(parquetBytes(folder.resolve("lake")));
    documents().write().saveAsTable("documents_as_parquet");
    Path files = BuildFolder.path("warehouse/documents_as_parquet");
    assertThat(read("{ path = documents_as_parquet, domain = a, format = table }").bytes())
        .hasValue(parquetBytes(files));
  }

  @Test
  void whatIsMissingIsToldWithTheSettingThatBringsIt() {
    assertRefuses(
        () -> prepare("{ path = lak.ns.t, domain = a, format = iceberg }", List.of()).check(),
        "Cannot read source lak.ns.t as iceberg: Spark has no catalog lak: set its class and kind, for Iceberg as spark.sql.catalog { lak = org.apache.iceberg.spark.SparkCatalog, \"lak.type\" = hive }, with these quotes");
    assertRefuses(
        () -> prepare(iceberg("").replace(".documents", ".gone"), List.of()).check(),
        "Cannot read source %s.ns.gone as iceberg: there is no such table in catalog %1$s; restore it, or name another one"
            .formatted(catalog));
    assertRefuses(
        () -> prepare(iceberg("text = body"), List.of()).check(),
        "Cannot read source %s as iceberg: it has no column body; its columns are id, meta, text"
            .formatted(table()));
    documents().write().saveAsTable("documents_as_parquet");
    assertRefuses(
        () ->
            prepare("{ path = documents_as_parquet, domain = a, format = iceberg }", List.of())
                .check(),
        "Cannot read source documents_as_parquet as iceberg: it is parquet; set format = table");
    assertRefuses(
        () -> prepare("{ path = \"a b\", domain = a, format = table }", List.of()).check(),
        "Cannot read source a b as table: a table's name is catalog.namespace.table, with backquotes around what is no plain word");
    SPARK.sql("CREATE TABLE " + table() + "_empty (id STRING, text STRING)");
    assertRefuses(
        () -> prepare(iceberg("").replace(".documents", ".documents_empty"), List.of()).check(),
        "Cannot read source %s_empty as iceberg: nothing was ever written to it; write its documents first"
            .formatted(table()));
  }

  @Test
  void aJarThatIsMissingIsToldByItsName() {
    SPARK.conf().set("spark.sql.catalog.nojar", "org.apache.iceberg.spark.NoSuchCatalog");
    try {
      assertThatThrownBy(
              () ->
                  prepare("{ path = nojar.ns.t, domain = a, format = iceberg }", List.of()).check())
          .isInstanceOf(InvalidSettings.class)
          .message()
          .matches(
              "Cannot read source nojar.ns.t as iceberg: no jar has org.apache.iceberg.spark.NoSuchCatalog, the class of spark.sql.catalog.nojar: set spark.jars.packages=org.apache.iceberg:iceberg-spark-runtime-\\d\\.\\d_2\\.1\\d:<version>");
    } finally {
      SPARK.conf().unset("spark.sql.catalog.nojar");
    }
    assertRefuses(
        () -> prepare("{ path = \"/no/such\", domain = a, format = delta }", List.of()).check(),
        "Cannot read source /no/such as delta: Spark cannot read Delta without spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension and spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog");
  }

  @Test
  void settingsThatDoNotGoTogetherAreTold() {
    assertThatThrownBy(
            () ->
                corpora.settings(
                    "{ path = \"/a/b\", domain = a, format = Iceberg, version = 3, options { a = b } }, { path = t, domain = a, format = table, snapshot = 3 }, { path = t, domain = a, format = delta, version = -1, glob = x }",
                    SPLITS,
                    ""))
        .hasMessageContainingAll(
            "sources[0].path must be a table's name, as catalog.namespace.table, was /a/b",
            "sources[0].version needs format = delta",
            "sources[0].options cannot be combined with format = iceberg",
            "sources[1].snapshot needs format = iceberg",
            "sources[2].version must be at least 0, was -1",
            "sources[2].glob cannot be combined with format = delta");
  }

  private static void assertRefuses(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidSettings.class).hasMessage(message);
  }

  private Dataset<Row> documents() {
    return SPARK.read().json(folder + "/a.jsonl");
  }

  private String table() {
    return catalog + ".ns.documents";
  }

  private String iceberg(String more) {
    return "{ path = %s, domain = a, format = iceberg, %s }".formatted(table(), more);
  }

  private Prepare prepare(String source, List<SourceTable> begun) {
    return new Prepare(
        SPARK,
        corpora.settings(source, SPLITS, ""),
        corpora.run(),
        folder.resolve("model").toString(),
        64,
        256,
        begun);
  }

  /** Prepares the corpus; returns the hash of its chunks. */
  private String execute(String source, List<SourceTable> begun) {
    return SmallCorpora.execute(prepare(source, begun)).chunksSha256();
  }

  private Documents read(String source) {
    TableVersions versions = new TableVersions(SPARK, List.of());
    List<Source> sources = corpora.settings(source, SPLITS, "").sources();
    return new Documents(SPARK, sources, List.of(), versions);
  }

  private long rows(String source) {
    return read(source).read().count();
  }

  private static long parquetBytes(Path below) throws IOException {
    try (Stream<Path> files = Files.walk(below)) {
      return files
          .filter(file -> file.toString().endsWith(".parquet"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  private void append() {
    try {
      corpora.write("more.jsonl", SmallCorpora.documents("more", 3));
      SPARK.read().json(folder + "/more.jsonl").writeTo(table()).append();
    } catch (IOException | NoSuchTableException e) {
      throw new IllegalStateException(e);
    }
  }

  private void rewrite(int files) {
    try {
      documents().repartition(files).writeTo(table()).overwrite(functions.lit(true));
    } catch (NoSuchTableException e) {
      throw new IllegalStateException(e);
    }
  }

  private String current() {
    SPARK.catalog().refreshTable(table());
    return String.valueOf(
        SPARK
            .table(table() + ".refs")
            .where("name = 'main'")
            .select("snapshot_id")
            .head()
            .getLong(0));
  }

  private void expire(String snapshot) {
    try {
      Spark3Util.loadIcebergTable(SPARK, table())
          .expireSnapshots()
          .expireSnapshotId(Long.parseLong(snapshot))
          .commit();
    } catch (Exception e) { // Spark's are checked but not declared
      throw new IllegalStateException(e);
    }
  }
}
