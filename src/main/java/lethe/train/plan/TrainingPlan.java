package lethe.train.plan;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
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
import java.util.stream.Collectors;
import lethe.examples.ExampleViews;
import lethe.examples.ProbePlan;
import lethe.loss.Example;
import lethe.objective.PositionTerm;
import lethe.objective.Role;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.ShardTree;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/**
 * Which example is used where, decided before training starts as a pure function of the seed, the
 * chunks' identities and the settings: neither the partitioning of the chunks nor the number of
 * workers changes it.
 *
 * <p>A role's examples are shuffled anew each epoch by hash and used one after another, the same
 * number in each step, distributed over the shards in order; the last step of an epoch takes the
 * rest, so that every example is used once in an epoch and none twice in a step. Each role has
 * epochs of its own. Examples that are paired are shuffled by their pair, so that those of one pair
 * are in one step.
 */
public final class TrainingPlan {
  private static final StructType USES =
      new StructType()
          .add(DOMAIN, DataTypes.StringType)
          .add(DOCUMENT, DataTypes.StringType)
          .add(ORDINAL, DataTypes.IntegerType)
          .add("pair", DataTypes.LongType)
          .add("step", DataTypes.IntegerType)
          .add("slot", DataTypes.IntegerType)
          .add("size", DataTypes.IntegerType); // examples of the role in the step

  private final SparkSession spark;
  private final List<Role> roles;
  private final int steps;
  private final int perStep;
  private final ShardTree tree;
  private final List<Dataset<Row>> uses = new ArrayList<>();
  private final Dataset<Row> rows;
  private final Optional<Dataset<Row>> probes;

  /**
   * @param chunks with the columns of {@link ExampleViews#SCHEMA}
   * @param roles whose splits are all among the chunks
   * @param perStep most examples of each role in a step
   * @param steps number of steps
   * @param probes the chunks that every probe scores, rows of {@link ProbePlan#SCHEMA}
   */
  public TrainingPlan(
      SparkSession spark,
      Dataset<Row> chunks,
      List<Role> roles,
      int perStep,
      int steps,
      long seed,
      ShardTree tree,
      Optional<Dataset<Row>> probes) {
    this.spark = spark;
    this.roles = roles;
    this.steps = steps;
    this.perStep = perStep;
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
        .filter((FilterFunction<Row>) use -> which.in(use.getInt(4), use.getString(0)))
        .select(DOMAIN, DOCUMENT, ORDINAL)
        .distinct();
  }

  /** step, role, slot, shard, domain, document, ordinal, scored, views. */
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
    for (Row row : rows.groupBy("step", "role").agg(sum("scored"), count(lit(1))).collectAsList()) {
      int role = row.getInt(1);
      boolean positions = roles.get(role).term() instanceof PositionTerm;
      counts[row.getInt(0)][role] = row.getLong(positions ? 2 : 3);
    }
    return counts;
  }

  /**
   * A role's {@link #counts}, separately for each domain.
   *
   * @return by domain: [step]
   */
  public Map<String, long[]> counts(int role) {
    boolean positions = roles.get(role).term() instanceof PositionTerm;
    Map<String, long[]> counts = new HashMap<>();
    for (Row row :
        rows.filter(col("role").equalTo(role))
            .groupBy("step", DOMAIN)
            .agg(sum("scored"), count(lit(1)))
            .collectAsList()) {
      counts.computeIfAbsent(row.getString(1), d -> new long[steps])[row.getInt(0)] =
          row.getLong(positions ? 2 : 3);
    }
    return counts;
  }

  /**
   * The plan distributed to the workers: partition w holds exactly worker w's rows, in order of
   * use.
   *
   * @param from first step that is still to do
   */
  public JavaPairRDD<RowKey, Example> deliver(int workers, int from) {
    JavaPairRDD<RowKey, Example> left =
        rows.filter(col("step").geq(from))
            .select("step", "shard", "role", "slot", DOMAIN, DOCUMENT, ORDINAL, "views")
            .javaRDD()
            .mapToPair(TrainingPlan::example);
    return probes
        .map(p -> left.union(p.javaRDD().mapToPair(TrainingPlan::probe)))
        .orElse(left)
        .repartitionAndSortWithinPartitions(new ByWorker(workers, tree));
  }

  private static Tuple2<RowKey, Example> example(Row row) {
    return new Tuple2<>(
        new PlanKey(row.getInt(0), row.getInt(1), row.getInt(2), row.getInt(3)),
        ExampleViews.example(row, 7));
  }

  /** A row of {@link ProbePlan#SCHEMA}. */
  private static Tuple2<RowKey, Example> probe(Row row) {
    return new Tuple2<>(
        new ProbeKey(row.getInt(0), row.getInt(1), row.getInt(2)), ExampleViews.example(row, 6));
  }

  private Dataset<Row> role(Dataset<Row> chunks, int role, long seed) {
    Row sizes = chunks.agg(count(lit(1)), count(when(col("scored").lt(1), lit(1)))).first();
    long available = sizes.getLong(0);
    if (available == 0) {
      throw new InvalidSettings(
          "Cannot plan "
              + roles.get(role).name()
              + ": the split "
              + roles.get(role).split()
              + " has no chunks");
    }
    if (sizes.getLong(1) > 0) {
      throw empty(chunks.filter(col("scored").lt(1)), sizes.getLong(1), roles.get(role));
    }
    int batch = (int) Math.min(perStep, available);
    long perEpoch = stepsPerEpoch(available, batch);
    long epochs = (steps + perEpoch - 1) / perEpoch;
    Dataset<Row> shuffled =
        chunks
            .select(
                col(DOMAIN),
                col(DOCUMENT),
                col(ORDINAL),
                col("pair"),
                explode(sequence(lit(0L), lit(epochs - 1))).as("epoch"))
            .withColumn(
                "hash",
                when(
                        col("pair").isNull(),
                        xxhash64(
                            lit(seed),
                            lit(role),
                            col("epoch"),
                            col(DOMAIN),
                            col(DOCUMENT),
                            col(ORDINAL)))
                    .otherwise(xxhash64(lit(seed), col("epoch"), col("pair"))))
            .orderBy("epoch", "hash", "pair", DOMAIN, DOCUMENT, ORDINAL);
    // Only identities are ranked; the tokens join them afterwards.
    int most = steps;
    Dataset<Row> ranked =
        spark.createDataFrame(
            shuffled
                .javaRDD()
                .zipWithIndex()
                .map(
                    r -> {
                      long epoch = r._2() / available;
                      long place = r._2() % available;
                      long step = epoch * perEpoch + place / batch;
                      long size = Math.min(batch, available - place / batch * batch);
                      return RowFactory.create(
                          r._1().getString(0),
                          r._1().getString(1),
                          r._1().getInt(2),
                          r._1().get(3),
                          (int) Math.min(step, most),
                          (int) (place % batch),
                          (int) size);
                    }),
            USES);
    Dataset<Row> used = ranked.filter(col("step").lt(steps));
    uses.add(used);
    return used.withColumn(
            "shard",
            col("slot").multiply(tree.shards()).divide(col("size")).cast(DataTypes.IntegerType))
        .withColumn("role", lit(role))
        .as("used")
        .join(
            chunks.select(DOMAIN, DOCUMENT, ORDINAL, "pair", "scored", "views").as("example"),
            same(DOMAIN).and(same(DOCUMENT)).and(same(ORDINAL)).and(same("pair")))
        .select(
            "step",
            "role",
            "slot",
            "shard",
            "used.domain",
            "used.document",
            "used.ordinal",
            "scored",
            "views");
  }

  /**
   * Refuses examples without a scored label: they have no loss, and nobody should think they are
   * trained on.
   */
  private static InvalidSettings empty(Dataset<Row> chunks, long count, Role role) {
    String some =
        chunks.select(DOMAIN, DOCUMENT, ORDINAL).limit(10).collectAsList().stream()
            .map(r -> r.getString(0) + "/" + r.getString(1) + "#" + r.getInt(2))
            .sorted()
            .collect(Collectors.joining(", "));
    return new InvalidSettings(
        "Cannot train %s: %d chunks of the split %s have nothing to predict: %s; a chunk needs 2 tokens (corpus.min-tail-tokens), an answer 1"
            .formatted(role.name(), count, role.split(), some));
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
