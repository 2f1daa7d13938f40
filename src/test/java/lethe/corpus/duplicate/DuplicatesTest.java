package lethe.corpus.duplicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import lethe.LocalSpark;
import lethe.corpus.Planted;
import lethe.corpus.duplicate.DuplicateSettings.Action;
import lethe.corpus.duplicate.Duplicates.Search;
import lethe.corpus.source.DocumentTexts;
import lethe.table.MaterializedTables;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class DuplicatesTest {
  private static final StructType TABLE =
      new StructType()
          .add("domain", DataTypes.StringType)
          .add("id", DataTypes.StringType)
          .add("text", DataTypes.StringType)
          .add("characters", DataTypes.IntegerType)
          .add("_reason", DataTypes.StringType)
          .add("_question", DataTypes.StringType);

  private static final DuplicateSettings SETTINGS =
      new DuplicateSettings(Action.LIST, 0.5, 0.3, 0.4);

  /** Left texts of the domain l and right ones of r, with their places as ids. */
  private static Dataset<Row> table(Planted planted) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < planted.left().size(); i++) {
      rows.add(row("l", i, planted.left().get(i)));
      rows.add(row("r", i, planted.right().get(i)));
    }
    return LocalSpark.SESSION.createDataFrame(rows, TABLE);
  }

  private static Row row(String domain, int id, String text) {
    return RowFactory.create(domain, String.valueOf(id), text, text.length(), null, null);
  }

  @Test
  void findsWhatBruteForceFindsAndNothingElse() {
    Planted planted = Planted.none();
    Random random = new Random(3);
    for (int percent = 30; percent <= 100; percent += 10) {
      planted.near(percent / 100.0, 10, random);
      planted.contained(percent / 100.0, 10, random);
      planted.excerpt(percent / 100.0, 10, random);
    }
    int last = planted.left().size();
    planted.left().add("a b c");
    planted.right().add("A, b! C");
    planted.left().add("...");
    planted.right().add("...");
    List<Set<String>> left = planted.left().stream().map(BruteForce::runs).toList();
    List<Set<String>> right = planted.right().stream().map(BruteForce::runs).toList();
    Map<List<Integer>, BruteForce> truth = BruteForce.all(left, right);
    truth
        .values()
        .removeIf(pair -> pair.jaccard() < 0.5 && pair.contained() < 0.3 && pair.excerpt() < 0.4);

    Map<List<Integer>, Row> found = new HashMap<>();
    pairs(planted).forEach(row -> found.put(ids(row), row));
    Row exact = found.remove(List.of(last, last));
    assertThat(exact.getString(2)).isEqualTo("exact");
    assertThat(found.remove(List.of(last + 1, last + 1)).getString(2)).isEqualTo("exact");
    assertThat(truth.keySet()).containsAll(found.keySet());
    assertThat(found.size()).isGreaterThanOrEqualTo((int) (0.95 * truth.size()));
    found.forEach((pair, row) -> assertIs(row, truth.get(pair)));
    assertThat(found.values()).anyMatch(row -> row.getString(2).equals("excerpt"));
  }

  private static void assertIs(Row found, BruteForce truth) {
    assertThat(found.getDouble(3)).isCloseTo(truth.jaccard(), within(1e-9));
    assertThat(found.getDouble(4)).isCloseTo(truth.contained(), within(1e-9));
    assertThat(found.getDouble(5)).isCloseTo(truth.excerpt(), within(1e-9));
    String other = truth.contained() >= 0.3 ? "contained" : "excerpt";
    String kind = truth.jaccard() >= 0.5 ? "near" : other;
    assertThat(found.getString(2)).isIn(kind, truth.jaccard() == 1 ? "exact" : kind);
  }

  @Test
  void fullBucketsAreToldAndCostNoRightDocument() {
    Planted planted = Planted.none();
    String text = "the same words in the same order a hundred times over";
    for (int i = 0; i < 100; i++) {
      planted.left().add(text);
      planted.right().add(text);
    }
    Dataset<Row> table = table(planted);
    try (MaterializedTables tables = new MaterializedTables()) {
      Duplicates duplicates = duplicates(tables, table, Duplicates.MOST_BYTES_COMPARED);
      Dataset<Row> pairs =
          duplicates.pairs(table.where("domain = 'l'"), table.where("domain = 'r'"), Search.COPIES);
      assertThat(pairs.select("right").distinct().count()).isEqualTo(100);
      assertThat(pairs.count()).isEqualTo(6400);
      assertThat(duplicates.hotBuckets()).isGreaterThan(0);
    }
  }

  @Test
  void shortAnswersAreNoCopiesUnderOtherQuestions() {
    String answer = "Yes, that is so.";
    List<Row> rows =
        List.of(
            RowFactory.create("l", "0", answer, answer.length(), null, "Is the sky blue?"),
            RowFactory.create("r", "0", answer, answer.length(), null, "is the sky BLUE"),
            RowFactory.create("r", "1", answer, answer.length(), null, "Does the river run?"));
    Dataset<Row> table = LocalSpark.SESSION.createDataFrame(rows, TABLE);
    assertThat(pairs(table).stream().map(DuplicatesTest::ids)).containsExactly(List.of(0, 0));
  }

  private static List<Row> pairs(Planted planted) {
    return pairs(table(planted));
  }

  /** The driver compares few sets itself, and Spark many; both find the same. */
  private static List<Row> pairs(Dataset<Row> table) {
    List<Row> few = pairs(table, Duplicates.MOST_BYTES_COMPARED);
    assertThat(pairs(table, -1)).containsExactlyInAnyOrderElementsOf(few);
    return few;
  }

  private static List<Row> pairs(Dataset<Row> table, long mostCompared) {
    try (MaterializedTables tables = new MaterializedTables()) {
      return duplicates(tables, table, mostCompared)
          .pairs(table.where("domain = 'l'"), table.where("domain = 'r'"), Search.COPIES_AND_QUOTES)
          .collectAsList();
    }
  }

  private static Duplicates duplicates(
      MaterializedTables tables, Dataset<Row> table, long mostCompared) {
    return new Duplicates(
        tables,
        new DocumentTexts(LocalSpark.SESSION, table),
        SETTINGS,
        table,
        DocumentTexts.Amount.of(table),
        mostCompared);
  }

  private static List<Integer> ids(Row pair) {
    return List.of(
        Integer.parseInt(pair.getStruct(0).getString(1)),
        Integer.parseInt(pair.getStruct(1).getString(1)));
  }
}
