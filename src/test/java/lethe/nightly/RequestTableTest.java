package lethe.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import lethe.LocalSpark;
import lethe.request.DeletionRequest;
import lethe.request.NamedBy;
import lethe.request.RequestFolder;
import lethe.request.SetAside;
import lethe.request.Wish;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of a table as requests. */
class RequestTableTest {
  private static final StructType SCHEMA =
      new StructType()
          .add("Request", "string")
          .add("document", "long")
          .add("where", "string")
          .add("domain", "string")
          .add("received", "timestamp")
          .add("due", "date")
          .add("status", "string"); // not a member of a line

  @TempDir Path folder;

  private String table(StructType schema, Row... rows) {
    String path = folder.resolve("table").toString();
    LocalSpark.SESSION.createDataFrame(List.of(rows), schema).write().parquet(path);
    return "parquet.`" + path + "`";
  }

  private static RequestFolder.Content read(String table) {
    return new RequestTable(LocalSpark.SESSION, table).read();
  }

  @Test
  void aRowIsWhatALineIs() {
    Timestamp noon = Timestamp.from(Instant.parse("2026-03-01T12:00:00Z"));
    String table =
        table(
            SCHEMA,
            RowFactory.create("r1", 17L, null, "paper", noon, Date.valueOf("2026-04-01"), "new"),
            RowFactory.create("r2", null, "id LIKE 'a%'", null, null, null, null),
            RowFactory.create("r1", 18L, null, null, noon, null, null),
            RowFactory.create("r3", null, null, null, null, null, null),
            RowFactory.create("r4", 1L, "id = 'a'", null, null, null, null),
            RowFactory.create("r4", 2L, null, null, null, null, null),
            RowFactory.create(null, 3L, null, null, null, null, null));
    RequestFolder.Content content = read(table);
    assertThat(content.requests()).extracting(DeletionRequest::request).containsExactly("r1", "r2");
    DeletionRequest first = content.requests().get(0);
    assertThat(first.received()).isEqualTo("2026-03-01T12:00:00.000Z");
    assertThat(first.due()).isEqualTo("2026-04-01");
    assertThat(first.wishes())
        .containsExactly(
            new Wish(NamedBy.DOCUMENT, "18", null), new Wish(NamedBy.DOCUMENT, "17", "paper"));
    assertThat(content.requests().get(1).wishes())
        .containsExactly(new Wish(NamedBy.WHERE, "id LIKE 'a%'", null));
    assertThat(content.setAside()).hasSize(4).allMatch(row -> row.file().equals(table));
    assertThat(content.setAside())
        .extracting(SetAside::request)
        .containsExactlyInAnyOrder("r3", "r4", "r4", null);
    assertThat(content.setAside().stream().filter(row -> "r4".equals(row.request())))
        .allMatch(
            row ->
                row.reason()
                    .equals(
                        "a row of this request: it names documents in two ways, document and where"));
    assertThat(read(table)).as("whatever order the rows come in").isEqualTo(content);
  }

  @Test
  void aTableWithoutIdsIsNoTableOfRequests() {
    String table = table(new StructType().add("id", "string"), RowFactory.create("a"));
    assertThatThrownBy(() -> read(table))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("nightly.requests-table: " + table + " has no column request, but id");
  }

  @Test
  void aTableThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> read("no_such_namespace.requests"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("nightly.requests-table: cannot read no_such_namespace.requests: ");
  }
}
