package lethe.inference;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.size;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import lethe.evaluate.AnswerSettings;
import lethe.evaluate.Evaluate;
import lethe.evaluate.EvaluateSettings;
import lethe.evaluate.RobustnessSettings;
import lethe.examples.SmallChunks;
import lethe.folder.RunFolder;
import lethe.inference.ComputeSettings.DeviceChoice;
import lethe.model.TinyLlama;
import lethe.model.torch.Activations;
import lethe.model.torch.Precision;
import lethe.spark.ScalaCollections;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.rdd.RDD;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.util.Throwables;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * Which tasks get a GPU, on two executors of two cores and one GPU each. No GPU has to be there: a
 * task that cannot use the one it has names it. Executors need this class on their class path.
 */
public final class GpuStages {
  private static final ComputeSettings AUTO =
      new ComputeSettings(1, Precision.FLOAT32, Activations.KEEP, DeviceChoice.AUTO);

  private final SparkSession spark;
  private final Path folder;
  private final ModelKey model;
  private final Dataset<Row> chunks;

  public GpuStages(SparkSession spark, Path folder) throws IOException {
    this.spark = spark;
    this.folder = folder;
    this.model = ModelKey.of(TinyLlama.write(folder.resolve("model"), 1), AUTO);
    this.chunks =
        SmallChunks.of(spark)
            .withColumn(
                "tokens", expr("transform(tokens, t -> t %% %d)".formatted(TinyLlama.VOCABULARY)));
  }

  /** As many as there are cores run at once. */
  public void otherTasksAskForNone() {
    assertThat(gpus(4, Optional.empty())).hasSize(4).allMatch(String::isEmpty);
  }

  public void eachTaskOfAModelHasItsOwn() {
    assertThat(gpus(2, ModelStage.profile(spark, AUTO))).containsExactlyInAnyOrder("3", "5");
    assertThat(ModelStage.profile(spark, ComputeSettings.cpu(1))).isEmpty();
  }

  public void withoutAGpuTheProcessorIsNotTaken() {
    assertThatThrownBy(() -> chunks.javaRDD().map(new Load(model)).count())
        .hasStackTraceContaining(
            "InvalidSettings: Cannot choose a device: executors have GPUs (spark.executor.resource.gpu.amount=1) and Spark assigned none to this task; run on a cluster");
  }

  public void labelsAndScoresAskForOne() {
    cannotUseTheirGpu(
        () ->
            BatchInference.map(chunks, size(col("tokens")), 4, model, chunks.schema(), new Same())
                .count());
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    EvaluateSettings settings =
        new EvaluateSettings(
            4,
            0.15,
            List.of(),
            Map.of(),
            List.of(),
            false,
            false,
            AUTO,
            42,
            RobustnessSettings.NONE,
            AnswerSettings.NONE,
            null);
    cannotUseTheirGpu(
        () ->
            new Evaluate(
                    spark,
                    settings,
                    run,
                    chunks,
                    "chunks",
                    Map.of("original", model.source()),
                    new Silent())
                .execute());
  }

  private static void cannotUseTheirGpu(ThrowingCallable stage) {
    assertThatThrownBy(stage)
        .satisfies(
            failure ->
                assertThat(Throwables.getStackTrace(failure))
                    .containsPattern(
                        "InvalidSettings: Cannot use gpu\\([35]\\): .*CUDA.*; executors need a driver"));
  }

  /**
   * The GPUs of a stage's tasks, which all run at once.
   *
   * @param resources that each task asks for
   */
  private List<String> gpus(int tasks, Optional<ResourceProfile> resources) {
    ClassTag<String> tag = ClassTag$.MODULE$.apply(String.class);
    RDD<String> stage =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
            .rdd()
            .barrier()
            .mapPartitions(new Addresses(), false, tag);
    return new JavaRDD<>(resources.map(stage::withResources).orElse(stage), tag).collect();
  }

  private static final class Addresses
      extends AbstractFunction1<Iterator<Integer>, Iterator<String>> implements Serializable {
    @Override
    public Iterator<String> apply(Iterator<Integer> one) {
      ResourceInformation gpu = ScalaCollections.map(TaskContext.get().resources()).get("gpu");
      String addresses = gpu == null ? "" : String.join(" ", gpu.addresses());
      return ScalaCollections.iterator(List.of(addresses).iterator());
    }
  }

  private record Load(ModelKey model) implements Function<Row, Integer> {
    @Override
    public Integer call(Row row) {
      return LoadedModel.with(model, loaded -> 1);
    }
  }

  private record Same() implements BatchInference.Work {
    @Override
    public List<Row> rows(LoadedModel loaded, List<Row> batch) {
      return batch;
    }
  }

  private static final class Silent implements Evaluate.Progress {
    @Override
    public void scored(String name, Evaluate.Amount done, Evaluate.Amount all, Duration time) {}

    @Override
    public void finished(String name, long tokens, Duration time) {}

    @Override
    public void reused(String name) {}
  }
}
