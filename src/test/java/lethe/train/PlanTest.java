package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.Role;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who computes what, and when. */
class PlanTest {
  private static final List<Role> ROLES =
      List.of(new Role("forget", new GradientAscent(), 1), new Role("retain", new Descent(), 1));
  private static final int STEPS = 5;
  private static final int PER_STEP = 11;

  /**
   * First shard of each worker, and the end, worked by hand: 8 shards, cut as evenly as they can
   * be.
   */
  private static final Map<Integer, List<Integer>> FIRST_SHARDS =
      Map.of(
          1, List.of(0, 8),
          2, List.of(0, 4, 8),
          3, List.of(0, 2, 5, 8),
          4, List.of(0, 2, 4, 6, 8),
          8, List.of(0, 1, 2, 3, 4, 5, 6, 7, 8));

  private static final Plan PLAN = plan(Examples.text(SmallChunks.of(LocalSpark.SESSION)));
  private static final List<Place> ALL = places(PLAN.rows());

  /** A use of a chunk, in the order of use. */
  private record Place(int step, int shard, int role, int slot, String chunk) {
    static final Comparator<Place> IN_ORDER =
        Comparator.comparingInt(Place::step)
            .thenComparingInt(Place::shard)
            .thenComparingInt(Place::role)
            .thenComparingInt(Place::slot);
  }

  private static Plan plan(Dataset<Row> chunks) {
    return new Plan(
        LocalSpark.SESSION,
        chunks,
        ROLES,
        PER_STEP,
        STEPS,
        7,
        new ShardTree(8),
        java.util.Optional.empty());
  }

  private static List<Place> places(Dataset<Row> rows) {
    return rows
        .selectExpr("step", "shard", "role", "slot", "concat(document, '/', ordinal)")
        .collectAsList()
        .stream()
        .map(r -> new Place(r.getInt(0), r.getInt(1), r.getInt(2), r.getInt(3), r.getString(4)))
        .sorted(Place.IN_ORDER)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 8})
  void partitionHoldsExactlyItsWorkersRowsInOrder(int workers) {
    List<Integer> first = FIRST_SHARDS.get(workers);
    List<List<Place>> expected = new ArrayList<>();
    for (int w = 0; w < workers; w++) {
      int from = first.get(w);
      int end = first.get(w + 1);
      expected.add(ALL.stream().filter(p -> p.shard >= from && p.shard < end).toList());
    }
    List<List<Place>> delivered = delivered(workers, 0);
    assertThat(delivered).isEqualTo(expected);
    assertThat(delivered.stream().flatMap(List::stream))
        .as("the union is the plan")
        .containsExactlyInAnyOrderElementsOf(ALL);
  }

  @Test
  void whatIsDoneIsNotDelivered() {
    assertThat(delivered(2, 3).stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(ALL.stream().filter(p -> p.step >= 3).toList());
  }

  @Test
  void everyStepHasEveryPlaceOnceAndEveryEpochEveryChunkOnce() {
    for (int role = 0; role < ROLES.size(); role++) {
      int r = role;
      List<Place> uses =
          ALL.stream()
              .filter(p -> p.role == r)
              .sorted(Comparator.comparingInt(Place::step).thenComparingInt(Place::slot))
              .toList();
      assertThat(uses).hasSize(STEPS * PER_STEP);
      for (int i = 0; i < uses.size(); i++) {
        assertThat(uses.get(i).step).isEqualTo(i / PER_STEP);
        assertThat(uses.get(i).slot).isEqualTo(i % PER_STEP);
        assertThat(uses.get(i).shard).isEqualTo(i % PER_STEP * 8 / PER_STEP);
      }
      int epoch = role == 0 ? 14 : 26; // chunks of the split
      for (int from = 0; from < uses.size(); from += epoch) {
        List<Place> once = uses.subList(from, Math.min(uses.size(), from + epoch));
        Set<String> chunks = new HashSet<>();
        once.forEach(p -> chunks.add(p.chunk));
        assertThat(chunks).hasSize(once.size());
      }
    }
  }

  @Test
  void countsAreThoseOfTheRows() {
    long[][] counts = PLAN.counts();
    long[][] expected = new long[STEPS][ROLES.size()];
    for (Row row : PLAN.rows().select("step", "role", "scored").collectAsList()) {
      expected[row.getInt(0)][row.getInt(1)] += row.getInt(2);
    }
    assertThat(counts).isDeepEqualTo(expected);
    assertThat(IntStream.range(0, STEPS).allMatch(s -> expected[s][0] > 0 && expected[s][1] > 0))
        .isTrue();
  }

  @Test
  void theOrderOfTheChunksChangesNothing() {
    Dataset<Row> chunks = Examples.text(SmallChunks.of(LocalSpark.SESSION));
    Dataset<Row> other = chunks.orderBy(chunks.col("ordinal").desc()).repartition(5);
    assertThat(places(plan(other).rows())).isEqualTo(ALL);
  }

  private static List<List<Place>> delivered(int workers, int from) {
    Map<String, String> names = new java.util.HashMap<>();
    for (Row row : SmallChunks.of(LocalSpark.SESSION).collectAsList()) {
      names.put(row.getList(4).toString(), row.getString(2) + "/" + row.getInt(3));
    }
    return PLAN.deliver(workers, from).glom().collect().stream()
        .map(
            partition ->
                partition.stream()
                    .map(
                        row ->
                            new Place(
                                row._1().step(),
                                row._1().shard(),
                                row._1().role(),
                                row._1().slot(),
                                names.get(tokens(row._2()))))
                    .toList())
        .toList();
  }

  private static String tokens(Example example) {
    return java.util.Arrays.stream(example.views().get(0).tokens()).boxed().toList().toString();
  }
}
