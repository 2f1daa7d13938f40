package lethe.examples;

import static lethe.examples.ExampleRow.SCORED;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.folder.RunFolder;
import lethe.inference.ComputeSettings;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import lethe.target.DocumentHalves;
import lethe.target.Split;
import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import lethe.target.TargetStopSettings;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The stage between chunks and a training that stops at its target: finds the target, and chooses
 * the forget chunks that probes score during training.
 *
 * <p>Both come from the half of the documents that steers ({@link DocumentHalves}). Each domain
 * gets chunks in proportion to its forget tokens, and at least a few; a seeded hash chooses them.
 */
public final class ProbeSelection {
  /** Fewest probe chunks of a domain that has as many. */
  private static final int FEWEST_CHUNKS = 8;

  /** Place of a chunk in the random order of its domain's, from 1. */
  private static final String RANK = "rank";

  private final SparkSession spark;
  private final RunFolder folder;
  private final TargetStopSettings settings;
  private final SteeringRules rules;
  private final ModelSource original;
  private final long seed;
  private final int shards;
  private final int microBatch;
  private final ComputeSettings compute;

  /**
   * @param pullsBack see {@link SteeringRules}
   * @param original the model whose loss on unseen text is the target
   * @param seed of the training that is steered
   * @param shards of its steps, over which the probe chunks are distributed
   * @param microBatch chunks that are scored at a time
   * @param compute how the original model is run
   */
  public ProbeSelection(
      SparkSession spark,
      RunFolder folder,
      TargetStopSettings settings,
      boolean pullsBack,
      ModelSource original,
      long seed,
      int shards,
      int microBatch,
      ComputeSettings compute) {
    this.spark = spark;
    this.folder = folder;
    this.settings = settings;
    this.rules = new SteeringRules(settings.leastSteps(), pullsBack);
    this.original = original;
    this.seed = seed;
    this.shards = shards;
    this.microBatch = microBatch;
    this.compute = compute;
  }

  /**
   * The target and the rows.
   *
   * @param chunks as prepare wrote them
   * @param chunksSha256 hash of them all
   * @throws InvalidSettings when a domain to forget has no approximate document
   */
  public ProbePlan execute(Dataset<Row> chunks, String chunksSha256) {
    Dataset<Row> steering = steering(chunks);
    Dataset<Row> forget = steering.filter(col(SPLIT).equalTo(Split.FORGET.key()));
    Map<String, Long> weights = tokens(forget);
    Map<String, Double> targets = targets(unseen(steering, weights), chunksSha256);
    List<String> missing = weights.keySet().stream().filter(d -> !targets.containsKey(d)).toList();
    if (!missing.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "Cannot stop at the target: domain %s of split forget has no document in split approximate; give it some, or set stop.at-target=false"
                  .formatted(String.join(", ", missing))));
    }
    List<ExampleRow> probes = sorted(chosen(forget, weights, settings.probeChunks()));
    List<SteeringTarget.Domain> domains = new ArrayList<>();
    weights.forEach(
        (domain, tokens) ->
            domains.add(
                new SteeringTarget.Domain(
                    domain,
                    targets.get(domain),
                    tokens,
                    probes.stream()
                        .filter(probe -> probe.chunk().domain().equals(domain))
                        .mapToLong(ExampleRow::scored)
                        .sum())));
    SteeringTarget target =
        new SteeringTarget(
            domains,
            settings.band(),
            settings.probeEvery(),
            Math.log(original.architecture().vocabulary()));
    return new ProbePlan(
        target, rules, spark.createDataFrame(planned(probes, target), ProbeRow.SCHEMA));
  }

  /**
   * Views of the chunks of unseen text that the target comes from.
   *
   * @param chunks as prepare wrote them
   */
  public Dataset<Row> unseen(Dataset<Row> chunks) {
    Dataset<Row> steering = steering(chunks);
    return unseen(steering, tokens(steering.filter(col(SPLIT).equalTo(Split.FORGET.key()))));
  }

  /**
   * @param steering views of the half of the documents that steers
   * @param weights tokens to forget, by domain
   */
  private Dataset<Row> unseen(Dataset<Row> steering, Map<String, Long> weights) {
    return chosen(
        steering.filter(col(SPLIT).equalTo(Split.APPROXIMATE.key())),
        weights,
        settings.targetChunks());
  }

  /** Views of the forget and approximate chunks whose documents are in the steering half. */
  private Dataset<Row> steering(Dataset<Row> chunks) {
    Dataset<Row> both = chunks.filter(col(SPLIT).isin(Split.FORGET.key(), Split.APPROXIMATE.key()));
    Map<List<String>, List<String>> documents =
        both.select(SPLIT, DOMAIN, DOCUMENT).distinct().collectAsList().stream()
            .map(Document::of)
            .collect(
                Collectors.groupingBy(
                    d -> List.of(d.split(), d.domain()),
                    Collectors.mapping(Document::id, Collectors.toList())));
    List<Row> steering = new ArrayList<>();
    documents.forEach(
        (place, ids) ->
            DocumentHalves.steering(ids)
                .forEach(id -> steering.add(new Document(place.get(0), place.get(1), id).row())));
    Dataset<Row> names = spark.createDataFrame(steering, Document.SCHEMA);
    return Examples.text(both.join(names, Document.SCHEMA.fieldNames()));
  }

  /** A document of a split. */
  private record Document(String split, String domain, String id) {
    static final StructType SCHEMA =
        new StructType()
            .add(SPLIT, DataTypes.StringType)
            .add(DOMAIN, DataTypes.StringType)
            .add(DOCUMENT, DataTypes.StringType);

    static Document of(Row row) {
      return new Document(row.getAs(SPLIT), row.getAs(DOMAIN), row.getAs(DOCUMENT));
    }

    Row row() {
      return RowFactory.create(split, domain, id);
    }
  }

  private static Map<String, Long> tokens(Dataset<Row> forget) {
    Map<String, Long> tokens = new TreeMap<>();
    for (Row row : forget.groupBy(DOMAIN).agg(sum(SCORED).as(SCORED)).collectAsList()) {
      tokens.put(row.getAs(DOMAIN), row.getAs(SCORED));
    }
    return tokens;
  }

  private Dataset<Row> chosen(Dataset<Row> views, Map<String, Long> weights, int most) {
    long all = weights.values().stream().mapToLong(Long::longValue).sum();
    Column share = lit(0);
    for (Map.Entry<String, Long> domain : weights.entrySet()) {
      long chunks = Math.max(FEWEST_CHUNKS, Math.round((double) most * domain.getValue() / all));
      share = when(col(DOMAIN).equalTo(domain.getKey()), lit(chunks)).otherwise(share);
    }
    Column hash = xxhash64(lit(seed), lit("probe"), col(DOMAIN), col(DOCUMENT), col(ORDINAL));
    return views
        .withColumn(
            RANK,
            row_number()
                .over(Window.partitionBy(DOMAIN).orderBy(hash, col(DOCUMENT), col(ORDINAL))))
        .filter(col(RANK).leq(share));
  }

  /** By domain, and within a domain by rank. */
  private static List<ExampleRow> sorted(Dataset<Row> chosen) {
    record Ranked(ExampleRow example, int rank) {}
    return chosen.collectAsList().stream()
        .map(row -> new Ranked(ExampleRow.of(row), row.<Integer>getAs(RANK)))
        .sorted(
            Comparator.comparing((Ranked r) -> r.example().chunk().domain())
                .thenComparingInt(Ranked::rank))
        .map(Ranked::example)
        .toList();
  }

  /**
   * Distributes the probe chunks over the shards in turn, so that each shard has its part of every
   * domain.
   */
  private List<Row> planned(List<ExampleRow> probes, SteeringTarget target) {
    List<String> names = target.domains().stream().map(SteeringTarget.Domain::name).toList();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < probes.size(); i++) {
      ExampleRow probe = probes.get(i);
      int domain = names.indexOf(probe.chunk().domain());
      rows.add(new ProbeRow(i % shards, domain, i, probe.chunk(), probe.views()).row());
    }
    return rows;
  }

  /** The original model's mean loss on unseen text, by domain. */
  private Map<String, Double> targets(Dataset<Row> approximate, String chunksSha256) {
    return new OriginalLosses(
            spark,
            folder,
            original,
            chunksSha256,
            seed,
            settings.targetChunks(),
            microBatch,
            compute)
        .means("target", approximate);
  }
}
