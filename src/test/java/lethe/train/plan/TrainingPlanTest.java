package lethe.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.examples.Examples;
import lethe.examples.SmallChunks;
import lethe.loss.Example;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.Role;
import lethe.train.gradient.ShardTree;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who computes what, and when. */
class TrainingPlanTest {
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

  private static final TrainingPlan PLAN = plan(Examples.text(SmallChunks.of(LocalSpark.SESSION)));
  private static final List<Place> ALL = places(PLAN.rows());

  /** A use of a chunk, in the order of use. */
  private record Place(int step, int shard, int role, int slot, String chunk) {
    static final Comparator<Place> IN_ORDER =
        Comparator.comparingInt(Place::step)
            .thenComparingInt(Place::shard)
            .thenComparingInt(Place::role)
            .thenComparingInt(Place::slot);
  }

  private static TrainingPlan plan(Dataset<Row> chunks) {
    return plan(chunks, PER_STEP);
  }

  private static TrainingPlan plan(Dataset<Row> chunks, int perStep) {
    return plan(chunks, perStep, StepCounting.LastStep.SMALLER);
  }

  private static TrainingPlan plan(Dataset<Row> chunks, int perStep, StepCounting.LastStep last) {
    return new TrainingPlan(
        LocalSpark.SESSION,
        chunks,
        ROLES,
        perStep,
        STEPS,
        new StepCounting(StepCounting.Batch.EACH_TERM, last),
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

  /**
   * Worked by hand: 14 chunks to forget, 26 to retain, 11 a step; what is left of an epoch ends it.
   */
  private static final List<List<Integer>> SIZES =
      List.of(List.of(11, 3, 11, 3, 11), List.of(11, 11, 4, 11, 11));

  private static final List<Integer> STEPS_OF_AN_EPOCH = List.of(2, 3);

  @Test
  void everyStepHasEveryPlaceOnceAndEveryEpochEveryChunkOnce() {
    for (int role = 0; role < ROLES.size(); role++) {
      int epoch = STEPS_OF_AN_EPOCH.get(role);
      Set<String> once = new HashSet<>();
      for (int step = 0; step < STEPS; step++) {
        List<Place> uses = uses(ALL, step, role);
        int size = SIZES.get(role).get(step);
        assertThat(uses).as("role %d, step %d", role, step).hasSize(size);
        for (int i = 0; i < size; i++) {
          assertThat(uses.get(i).slot).isEqualTo(i);
          assertThat(uses.get(i).shard).as("spread over the shards").isEqualTo(i * 8 / size);
          assertThat(once.add(uses.get(i).chunk)).as("for the first time in its epoch").isTrue();
        }
        if ((step + 1) % epoch == 0) {
          assertThat(once).as("all chunks of the split").hasSize(role == 0 ? 14 : 26);
          once.clear();
        }
      }
    }
  }

  @Test
  void noStepHasAChunkTwiceWhateverTheSizes() {
    // 5 examples, 4 a step, crossed an epoch's end; 26 are more than a step of 20 and fewer than
    // two.
    for (int perStep : new int[] {3, 4, 20, 40}) {
      List<Place> all =
          places(plan(Examples.text(SmallChunks.of(LocalSpark.SESSION)), perStep).rows());
      for (int step = 0; step < STEPS; step++) {
        for (int role = 0; role < ROLES.size(); role++) {
          assertThat(uses(all, step, role)).extracting(Place::chunk).doesNotHaveDuplicates();
        }
      }
    }
  }

  /** 14 chunks to forget fill 5 steps of 11 in four epochs, of which the last is cut short. */
  @Test
  void wholeStepsGoOnOverTheEndOfAnEpoch() {
    Dataset<Row> chunks = Examples.text(SmallChunks.of(LocalSpark.SESSION));
    List<Place> all = places(plan(chunks, PER_STEP, StepCounting.LastStep.WHOLE).rows());
    for (int role = 0; role < ROLES.size(); role++) {
      List<String> inOrder = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        List<Place> uses = uses(all, step, role);
        assertThat(uses).as("role %d, step %d", role, step).hasSize(PER_STEP);
        for (int i = 0; i < PER_STEP; i++) {
          assertThat(uses.get(i).slot).isEqualTo(i);
          assertThat(uses.get(i).shard).isEqualTo(i * 8 / PER_STEP);
          inOrder.add(uses.get(i).chunk);
        }
      }
      int epoch = role == 0 ? 14 : 26;
      for (int from = 0; from < inOrder.size(); from += epoch) {
        assertThat(inOrder.subList(from, Math.min(inOrder.size(), from + epoch)))
            .as("an epoch")
            .doesNotHaveDuplicates();
      }
      assertThat(inOrder.subList(0, epoch)).doesNotHaveDuplicates().hasSize(epoch);
      List<String> before = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        uses(ALL, step, role).forEach(place -> before.add(place.chunk));
      }
      assertThat(inOrder.subList(0, before.size()))
          .as("the same order, cut into other steps")
          .isEqualTo(before);
    }
  }

  @Test
  void whatStoodInAStepIsEachChunkOfThoseStepsOnce() {
    for (int steps = 0; steps <= 2; steps++) {
      int applied = steps;
      Set<String> expected = new HashSet<>();
      ALL.stream().filter(p -> p.role == 0 && p.step < applied).forEach(p -> expected.add(p.chunk));
      assertThat(expected).hasSize(List.of(0, 11, 14).get(steps));
      assertThat(
              PLAN.used(0, (step, domain) -> step < applied && domain.equals("d"))
                  .selectExpr("concat(document, '/', ordinal)")
                  .collectAsList())
          .extracting(row -> row.getString(0))
          .containsExactlyInAnyOrderElementsOf(expected);
      assertThat(TrainingPlan.reached(14, PER_STEP, steps)).isEqualTo(expected.size());
    }
    assertThat(PLAN.used(0, (step, domain) -> !domain.equals("d")).isEmpty()).isTrue();
  }

  @Test
  void aChunkWithNothingToPredictIsRefusedByName() {
    Dataset<Row> chunks =
        SmallChunks.of(LocalSpark.SESSION)
            .withColumn(
                "tokens",
                functions.expr(
                    "IF(document = 'doc3' AND ordinal = 0, slice(tokens, 1, 1), tokens)"));
    assertThatThrownBy(() -> plan(Examples.text(chunks)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot train forget.ascent: 1 chunks of the split forget have nothing to predict: d/doc3#0; a chunk needs 2 tokens (corpus.min-tail-tokens), an answer 1");
  }

  private static List<Place> uses(List<Place> all, int step, int role) {
    return all.stream()
        .filter(p -> p.role == role && p.step == step)
        .sorted(Comparator.comparingInt(Place::slot))
        .toList();
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
                    .map(row -> place((PlanKey) row._1(), names.get(tokens(row._2()))))
                    .toList())
        .toList();
  }

  private static Place place(PlanKey key, String name) {
    return new Place(key.step(), key.shard(), key.role(), key.slot(), name);
  }

  private static String tokens(Example example) {
    return java.util.Arrays.stream(example.views().get(0).tokens()).boxed().toList().toString();
  }
}
