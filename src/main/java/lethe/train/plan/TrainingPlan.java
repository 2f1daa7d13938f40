package lethe.train.plan;

import static lethe.examples.ExampleRow.PAIR;
import static lethe.examples.ExampleRow.SCORED;
import static lethe.examples.ExampleRow.VIEWS;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static lethe.train.plan.ExampleUse.SIZE;
import static lethe.train.plan.PlanKey.ROLE;
import static lethe.train.plan.PlanKey.SHARD;
import static lethe.train.plan.PlanKey.SLOT;
import static lethe.train.plan.PlanKey.STEP;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sequence;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.examples.ExampleRow;
import lethe.examples.ProbeRow;
import lethe.loss.Example;
import lethe.objective.Role;
import lethe.objective.SequenceTerm;
import lethe.settings.InvalidSettings;
import lethe.table.ChunkId;
import lethe.train.gradient.ShardTree;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import scala.Tuple2;

/**
 * Which example is used where, decided before training starts as a pure function of the seed, the
 * chunks' identities and the settings: neither the partitioning of the chunks nor the number of
 * workers changes it.
 *
 * <p>A role's examples are shuffled anew each epoch by hash and used one after another, the same
 * number in each step, distributed over the shards in order. {@link StepCounting} says how an epoch
 * ends: with a smaller step, so that every example is used once in an epoch and none twice in a
 * step, or within a step that the next epoch fills. Each role has epochs of its own. Examples that
 * are paired are shuffled by their pair, so that those of one pair are in one step.
 */
public final class TrainingPlan {
  /** Examples counted. */
  private static final String EXAMPLES = "examples";

  /** Examples counted that have nothing to predict. */
  private static final String EMPTY = "empty";

  private final SparkSession spark;
  private final List<Role> roles;
  private final int steps;
  private final int perStep;
  private final StepCounting counting;
  private final ShardTree tree;
  private final List<Dataset<Row>> uses = new ArrayList<>();
  private final Dataset<Row> rows;
  private final Optional<Dataset<Row>> probes;

  /**
   * @param chunks rows that {@link ExampleRow} reads
   * @param roles whose splits are all among the chunks
   * @param perStep most examples of each role in a step
   * @param steps number of steps
   * @param counting how an epoch ends
   * @param probes the chunks that every probe scores, see {@link ProbeRow}
   */
  public TrainingPlan(
      SparkSession spark,
      Dataset<Row> chunks,
      List<Role> roles,
      int perStep,
      int steps,
      StepCounting counting,
      long seed,
      ShardTree tree,
      Optional<Dataset<Row>> probes) {
    this.spark = spark;
    this.roles = roles;
    this.steps = steps;
    this.perStep = perStep;
    this.counting = counting;
    this.tree = tree;
    this.probes = probes;
    Dataset<Row> all = null;
    for (int r = 0; r < roles.size(); r++) {
      Dataset<Row> role = role(chunks.filter(col(SPLIT).equalTo(roles.get(r).split())), r, seed);
      all = all == null ? role : all.unionByName(role);
    }
    this.rows = all;
  }

  /** Number of steps that use each available example once; the last one may be smaller. */
  public static long stepsPerEpoch(long available, int perStep) {
    return (available + perStep - 1) / perStep;
  }

  /**
   * How many of the available examples are used in the first steps.
   *
   * @param steps number of steps
   */
  public static long reached(long available, int perStep, int steps) {
    return steps >= stepsPerEpoch(available, perStep) ? available : (long) steps * perStep;
  }

  /** Decides whether the examples of a domain counted in a step. */
  public interface Used extends Serializable {
    boolean in(int step, String domain);
  }

  /**
   * The chunks of a role that were used in a step, each once: domain, document, ordinal.
   *
   * @param which uses count
   */
  public Dataset<Row> used(int role, Used which) {
    return uses.get(role)
        .filter(
            (FilterFunction<Row>)
                row -> {
                  ExampleUse use = ExampleUse.of(row);
                  return which.in(use.step(), use.chunk().domain());
                })
        .select(DOMAIN, DOCUMENT, ORDINAL)
        .distinct();
  }

  /**
   * The uses of all roles in all steps: columns step, role, slot and shard ({@link PlanKey}), and
   * domain, document, ordinal, scored and views of {@link ExampleRow}.
   */
  public Dataset<Row> rows() {
    return rows;
  }

  /**
   * What each term is divided by: its count over each whole step.
   *
   * @return [step][role]: scored positions, or examples for a term of sequences
   */
  public long[][] counts() {
    long[][] counts = new long[steps][roles.size()];
    for (Row row :
        rows.groupBy(STEP, ROLE)
            .agg(sum(SCORED).as(SCORED), count(lit(1)).as(EXAMPLES))
            .collectAsList()) {
      int role = row.<Integer>getAs(ROLE);
      counts[row.<Integer>getAs(STEP)][role] = row.getAs(counted(role));
    }
    return counts;
  }

  /**
   * A role's {@link #counts}, separately for each domain.
   *
   * @return by domain: [step]
   */
  public Map<String, long[]> counts(int role) {
    Map<String, long[]> counts = new HashMap<>();
    for (Row row :
        rows.filter(col(ROLE).equalTo(role))
            .groupBy(STEP, DOMAIN)
            .agg(sum(SCORED).as(SCORED), count(lit(1)).as(EXAMPLES))
            .collectAsList()) {
      counts.computeIfAbsent(row.getAs(DOMAIN), d -> new long[steps])[row.<Integer>getAs(STEP)] =
          row.getAs(counted(role));
    }
    return counts;
  }

  /** The column with what a role's term is divided by. */
  private String counted(int role) {
    return roles.get(role).term() instanceof SequenceTerm ? EXAMPLES : SCORED;
  }

  /**
   * The plan distributed to the workers: partition w holds exactly worker w's rows, in order of
   * use.
   *
   * @param from first step that is still to do
   */
  public JavaPairRDD<RowKey, Example> deliver(int workers, int from) {
    JavaPairRDD<RowKey, Example> left =
        rows.filter(col(STEP).geq(from))
            .select(STEP, SHARD, ROLE, SLOT, DOMAIN, DOCUMENT, ORDINAL, VIEWS)
            .javaRDD()
            .mapToPair(TrainingPlan::example);
    return probes
        .map(p -> left.union(p.javaRDD().mapToPair(TrainingPlan::probe)))
        .orElse(left)
        .repartitionAndSortWithinPartitions(new ByWorker(workers, tree));
  }

  private static Tuple2<RowKey, Example> example(Row row) {
    return new Tuple2<>(PlanKey.of(row), ExampleRow.exampleOf(row));
  }

  private static Tuple2<RowKey, Example> probe(Row row) {
    ProbeRow probe = ProbeRow.of(row);
    return new Tuple2<>(
        new ProbeKey(probe.shard(), probe.domainNumber(), probe.place()), probe.example());
  }

  private Dataset<Row> role(Dataset<Row> chunks, int role, long seed) {
    Column nothing = col(SCORED).lt(1);
    Row sizes =
        chunks.agg(count(lit(1)).as(EXAMPLES), count(when(nothing, lit(1))).as(EMPTY)).first();
    long available = sizes.<Long>getAs(EXAMPLES);
    if (available == 0) {
      throw new InvalidSettings(
          "Cannot plan "
              + roles.get(role).name()
              + ": the split "
              + roles.get(role).split()
              + " has no chunks");
    }
    long empty = sizes.<Long>getAs(EMPTY);
    if (empty > 0) {
      throw empty(chunks.filter(nothing), empty, roles.get(role));
    }
    int batch = (int) Math.min(perStep, available);
    long epochs = counting.epochs(steps, available, batch);
    Dataset<Row> shuffled =
        chunks
            .select(
                col(DOMAIN),
                col(DOCUMENT),
                col(ORDINAL),
                col(PAIR),
                explode(sequence(lit(0L), lit(epochs - 1))).as("epoch"))
            .withColumn(
                "hash",
                when(
                        col(PAIR).isNull(),
                        xxhash64(
                            lit(seed),
                            lit(role),
                            col("epoch"),
                            col(DOMAIN),
                            col(DOCUMENT),
                            col(ORDINAL)))
                    .otherwise(xxhash64(lit(seed), col("epoch"), col(PAIR))))
            .orderBy("epoch", "hash", PAIR, DOMAIN, DOCUMENT, ORDINAL);
    // Only identities are ranked; the tokens join them afterwards.
    int most = steps;
    StepCounting how = counting;
    Dataset<Row> ranked =
        spark.createDataFrame(
            shuffled
                .javaRDD()
                .zipWithIndex()
                .map(
                    r -> {
                      StepCounting.Place place = how.place(r._2(), available, batch);
                      return new ExampleUse(
                              ChunkId.of(r._1()),
                              r._1().getAs(PAIR),
                              (int) Math.min(place.step(), most),
                              place.slot(),
                              place.size())
                          .row();
                    }),
            ExampleUse.SCHEMA);
    Dataset<Row> used = ranked.filter(col(STEP).lt(steps));
    uses.add(used);
    return used.withColumn(
            SHARD, col(SLOT).multiply(tree.shards()).divide(col(SIZE)).cast(DataTypes.IntegerType))
        .withColumn(ROLE, lit(role))
        .as("used")
        .join(
            chunks.select(DOMAIN, DOCUMENT, ORDINAL, PAIR, SCORED, VIEWS).as("example"),
            same(DOMAIN).and(same(DOCUMENT)).and(same(ORDINAL)).and(same(PAIR)))
        .select(
            STEP,
            ROLE,
            SLOT,
            SHARD,
            "used." + DOMAIN,
            "used." + DOCUMENT,
            "used." + ORDINAL,
            SCORED,
            VIEWS);
  }

  /**
   * Refuses examples without a scored label: they have no loss, and nobody should think they are
   * trained on.
   */
  private static InvalidSettings empty(Dataset<Row> chunks, long count, Role role) {
    return new InvalidSettings(
        "Cannot train %s: %d chunks of the split %s have nothing to predict: %s; a chunk needs 2 tokens (corpus.min-tail-tokens), an answer 1"
            .formatted(role.name(), count, role.split(), ChunkId.some(chunks)));
  }

  private static Column same(String name) {
    return col("used." + name).eqNullSafe(col("example." + name));
  }

  /** One partition per worker. */
  private static final class ByWorker extends Partitioner {
    private final int workers;
    private final int shards;

    ByWorker(int workers, ShardTree tree) {
      this.workers = workers;
      this.shards = tree.shards();
    }

    @Override
    public int numPartitions() {
      return workers;
    }

    @Override
    public int getPartition(Object key) {
      return new ShardTree(shards).owner(((RowKey) key).shard(), workers);
    }
  }
}
