package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.SmallRun;
import lethe.settings.Settings;
import lethe.spark.SparkInUse;
import lethe.train.TrainSettings;
import org.apache.spark.package$;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterTest {
  @TempDir Path folder;

  @Test
  void aLocalClusterNeedsAnExecutorOfEnoughCoresForEachWorker() throws IOException {
    assertThat(problems("local-cluster[2,2,1024]", Map.of())).isEmpty();
    assertThat(problems("local[4]", Map.of()))
        .containsExactly(
            "Cannot run train.workers=2 on spark.master=local[4]: it is one process; set train.workers=1, or spark.master=local-cluster[2,2,4096]");
    assertThat(problems("local-cluster[1,2,1024]", Map.of()))
        .containsExactly(
            "Cannot run train.workers=2 on spark.master=local-cluster[1,2,1024]: it has 1 executors; set train.workers=1 or give the cluster more");
    assertThat(problems("local-cluster[2,1,1024]", Map.of()))
        .singleElement()
        .asString()
        .contains("its executors have 1 cores and train.threads is 2");
  }

  @Test
  void oneSparkWorkerOfALocalClusterMayHoldSeveralExecutors() throws IOException {
    assertThat(problems("local-cluster[1,4,2048]", Map.of("spark.executor.cores", "2"))).isEmpty();
    assertThat(problems("local-cluster[1,4,2048]", Map.of("spark.executor.cores", "4")))
        .singleElement()
        .asString()
        .contains("it has 1 executors");
  }

  @Test
  void oneProcessIsNeverAssignedAGpu() throws IOException {
    Map<String, String> gpu = Map.of("spark.executor.resource.gpu.amount", "1");
    assertThat(problems("local[2]", gpu))
        .first()
        .asString()
        .startsWith("train.device must be cpu on spark.master=local[2]: Spark assigns no GPU");
  }

  @Test
  void whatMovesOrRepeatsWorkersIsRefused() throws IOException {
    assertThat(
            problems(
                "local-cluster[2,2,1024]",
                Map.of("spark.dynamicAllocation.enabled", "true", "spark.speculation", "true")))
        .hasSize(2)
        .allSatisfy(p -> assertThat(p).contains(" must be false"));
  }

  @Test
  void aClusterWithoutProtectionIsRefusedSettingBySetting() throws IOException {
    assertThat(problems("spark://host:7077", Map.of()))
        .extracting(p -> p.substring(0, p.indexOf(" must")))
        .containsExactly(
            "spark.authenticate",
            "spark.io.encryption.enabled",
            "spark.network.crypto.enabled",
            "spark.authenticate.secret");
    Map<String, String> given = new HashMap<>(Cluster.protection());
    assertThat(problems("yarn", given)).isEmpty();
    given.put("spark.authenticate.secret", "s");
    assertThat(problems("spark://host:7077", given)).isEmpty();
    assertThat(new Cluster("yarn", (key, otherwise) -> otherwise).problems(train(), true))
        .isEmpty();
  }

  @Test
  void theAesGcmOfSparkIsRefusedWhereItLosesMessages() throws IOException {
    Map<String, String> gcm = new HashMap<>(Cluster.protection());
    gcm.put("spark.network.crypto.cipher", "AES/GCM/NoPadding");
    String spark = package$.MODULE$.SPARK_VERSION(); // TransportTest sends several messages so
    if (SparkInUse.losesMessagesWithGcm(spark)) {
      assertThat(problems("yarn", gcm))
          .containsExactly(
              "spark.network.crypto.cipher must not be set: Spark "
                  + spark
                  + " loses messages with AES-GCM (SPARK-56227, fixed in 3.5.9, 4.0.4, 4.1.3 and 4.2.0); gradients and weights have an AES-GCM of Lethe's own");
    } else {
      assertThat(problems("yarn", gcm)).isEmpty();
    }
  }

  @Test
  void coresInstancesAndGpusMustSuffice() throws IOException {
    Map<String, String> few = new HashMap<>(Cluster.protection());
    few.put("spark.cores.max", "3");
    few.put("spark.executor.instances", "1");
    few.put("spark.executor.resource.gpu.amount", "4");
    assertThat(problems("yarn", few))
        .containsExactly(
            "spark.cores.max must be at least 4, for train.workers=2 executors of spark.executor.cores=2, was 3",
            "spark.executor.instances must be at least train.workers, 2, was 1",
            "spark.executor.resource.gpu.amount must be 1: an executor holds one worker, and a worker uses one GPU; was 4");
  }

  @Test
  void onlyStagesOfAModelAskForAGpu() throws IOException {
    Map<String, String> gpus = new HashMap<>(Cluster.protection());
    gpus.put("spark.executor.resource.gpu.amount", "1");
    assertThat(problems("yarn", gpus)).isEmpty();
    gpus.put("spark.task.resource.gpu.amount", "0.0");
    assertThat(problems("yarn", gpus)).isEmpty();
    gpus.put("spark.task.resource.gpu.amount", "0.5");
    assertThat(problems("yarn", gpus))
        .containsExactly(
            "spark.task.resource.gpu.amount must be 0: every task would ask for it, those of prepare, too, and wait for each other, while training, labels and scores ask for one GPU by themselves; was \"0.5\"");
  }

  @Test
  void onKubernetesAGpuHasAVendor() throws IOException {
    Map<String, String> gpus = new HashMap<>(Cluster.protection());
    gpus.put("spark.executor.resource.gpu.amount", "1");
    assertThat(problems("k8s://https://host:6443", gpus))
        .containsExactly(
            "spark.executor.resource.gpu.vendor must be set on spark.master=k8s://https://host:6443, for example to nvidia.com: Kubernetes knows GPUs by their vendor");
    gpus.put("spark.executor.resource.gpu.vendor", "nvidia.com");
    assertThat(problems("k8s://https://host:6443", gpus)).isEmpty();
  }

  @Test
  void whatSparkCannotReadIsOneSentence() throws IOException {
    assertThat(problems("local-cluster[2,2,much]", Map.of()))
        .containsExactly(
            "spark.master must be local[threads] or local-cluster[executors,cores,MiB of an executor], was local-cluster[2,2,much]");
    assertThat(problems("local-cluster[2,2,1024]", Map.of("spark.executor.memory", "4g")))
        .containsExactly(
            "spark.master=local-cluster[2,2,1024] gives an executor 1024 MiB, spark.executor.memory asks for 4096: set both to the same size");
    assertThat(problems("locl[2]", Map.of())).isNotEmpty();
    assertThat(
            problems(
                "local-cluster[2,2,1024]",
                Map.of(
                    "spark.driver.memory", "2 gigs",
                    "spark.executor.memoryOverhead", "x",
                    "spark.executor.cores", "two")))
        .containsExactly(
            "spark.driver.memory must be a size such as 4g or 512m, was \"2 gigs\"",
            "spark.executor.memoryOverhead must be a size such as 4g or 512m, was \"x\"",
            "spark.executor.cores must be a whole number of at least 1, was \"two\"");
  }

  @Test
  void anExecutorAsksForWhatALocalClusterGives() throws IOException {
    Path conf = SmallRun.in(folder);
    assertThat(submitted(conf, "spark.master=local-cluster[1,1,1500]"))
        .containsEntry("spark.executor.memory", "1500m");
    assertThat(submitted(conf, "spark.master=local-cluster[1,1,1500]", "spark.executor.memory=1g"))
        .containsEntry("spark.executor.memory", "1g");
    assertThat(submitted(conf, "spark.driver.memory=3000"))
        .as("Java would take it for bytes")
        .containsEntry("spark.driver.memory", "3000m");
    assertThat(submitted(conf, "spark.driver.memory=3gb"))
        .containsEntry("spark.driver.memory", "3g");
  }

  private static Map<String, String> submitted(Path conf, String... pairs) {
    return SubmitArguments.of(RunConfig.read(Verb.RUN, conf, List.of(pairs)));
  }

  private List<String> problems(String master, Map<String, String> conf) throws IOException {
    return new Cluster(master, conf::getOrDefault).problems(train(), false);
  }

  private TrainSettings train() throws IOException {
    Path empty = Files.writeString(folder.resolve("c.conf"), "");
    return TrainSettings.read(
        Settings.load(empty, List.of("train.workers=2", "train.threads=2")).root(), "train");
  }
}
