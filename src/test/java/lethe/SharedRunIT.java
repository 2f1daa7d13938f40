package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The run on real text: what it says of the original model is what Hugging Face says of it. */
class SharedRunIT {
  @TempDir Path folder;

  @Test
  void theOriginalModelScoresAsHuggingFaceScoredIt() throws Exception {
    Optional<Path> expected = SharedData.find("base-model/nll.json");
    if (expected.isEmpty()) {
      return; // only where the checkout stands alone; SharedData has failed already under CI
    }
    SubmitIT.Submitted submitted =
        SubmitIT.submit(
            "run",
            "conf/shared.conf",
            "run.dir=" + folder.resolve("run"),
            "define.in-domain=domain IN ('arxiv', 'github') AND length(text) < 12000",
            "corpus.duplicates.action=ignore", // SharedCorporaTest looks for them
            "train.steps=2",
            "train.workers=1", // in the driver's process: executors have tests of their own
            "spark.master=local[2]",
            "corpus.splits.forget.documents={arxiv=1,github=3}",
            "corpus.splits.retain.documents={arxiv=1,github=3}",
            "corpus.splits.approximate.documents={arxiv=1,github=3}",
            "corpus.splits.general.documents=4",
            "corpus.splits.holdout.documents=4",
            "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
            "spark.executor.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC");
    assertThat(submitted.code()).as(submitted.output()).isZero();
    JsonNode documents = new ObjectMapper().readTree(expected.get().toFile()).get("documents");
    Map<String, double[]> sums = new TreeMap<>();
    SparkSession spark = LocalSpark.SESSION;
    for (Row row :
        spark
            .read()
            .parquet(folder.resolve("run/scores/original").toString())
            .select("split", "domain", "document")
            .distinct()
            .collectAsList()) {
      JsonNode document = documents.get(row.getString(2));
      for (String domain : new String[] {row.getString(1), "*"}) {
        double[] sum = sums.computeIfAbsent(row.getString(0) + " " + domain, k -> new double[4]);
        sum[0] += document.get("nll_sum").asDouble();
        sum[1] += document.get("scored_tokens").asDouble();
        sum[2] += document.get("hits").asDouble();
        sum[3]++;
      }
    }
    assertThat(sums).hasSize(13); // three splits of two domains and all, two of one and all
    int found = 0;
    for (JsonNode score :
        new ObjectMapper()
            .readTree(folder.resolve("run/report/report.json").toFile())
            .get("scores")) {
      if (score.get("model").asText().equals("original")) {
        String key = score.get("split").asText() + " " + score.get("domain").asText();
        double[] sum = sums.get(key);
        assertThat(score.get("documents").asLong()).as(key).isEqualTo((long) sum[3]);
        assertThat(score.get("tokens").asLong()).as(key).isEqualTo((long) sum[1]);
        assertThat(score.get("nll").asDouble())
            .as(key)
            .isBetween(sum[0] / sum[1] * 0.999, sum[0] / sum[1] * 1.001);
        assertThat(score.get("accuracy").asDouble())
            .as(key)
            .isBetween(sum[2] / sum[1] * 0.999, sum[2] / sum[1] * 1.001);
        found++;
      }
    }
    assertThat(found).isEqualTo(13);
  }
}
