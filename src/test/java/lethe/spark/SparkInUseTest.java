package lethe.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.apache.spark.SparkConf;
import org.apache.spark.package$;
import org.junit.jupiter.api.Test;

class SparkInUseTest {
  private static final URI BUCKET = URI.create("s3a://bucket/run");

  @Test
  void thisBuildFitsTheSparkOfItsTestsAndNoOther() {
    assertThat(SparkInUse.mismatch()).isEmpty();
    String other = SparkLine.SPARK.equals("4") ? "3.5.8" : "4.1.1";
    String scala = SparkLine.SPARK.equals("4") ? "2.12.18" : "2.13.17";
    assertThat(SparkInUse.mismatch(other, scala))
        .contains(
            "This lethe.jar is for Spark %s with Scala %s and was started on Spark %s with Scala %s: submit.sh takes the jar that fits SPARK_HOME; the other is made by mvn %s"
                .formatted(SparkLine.SPARK, SparkLine.SCALA, other, scala, SparkLine.OTHER));
    assertThat(SparkInUse.mismatch(package$.MODULE$.SPARK_VERSION(), "2.11.1")).isPresent();
    assertThat(SparkInUse.mismatch("5.0.0", SparkLine.SCALA + ".1"))
        .hasValueSatisfying(
            said ->
                assertThat(said)
                    .endsWith(
                        "Lethe runs on Spark 3.5 with Scala 2.12 and on Spark 4 with Scala 2.13"));
  }

  @Test
  void aesGcmIsMendedInTheLastPatchesOfEachRelease() {
    assertThat(SparkInUse.losesMessagesWithGcm("3.5.8")).isTrue();
    assertThat(SparkInUse.losesMessagesWithGcm("3.5.8-vendor-7")).isTrue();
    assertThat(SparkInUse.losesMessagesWithGcm("3.5.9")).isFalse();
    assertThat(SparkInUse.losesMessagesWithGcm("3.5.10")).isFalse();
    assertThat(SparkInUse.losesMessagesWithGcm("4.0.2")).isTrue();
    assertThat(SparkInUse.losesMessagesWithGcm("4.0.4")).isFalse();
    assertThat(SparkInUse.losesMessagesWithGcm("4.1.2")).isTrue();
    assertThat(SparkInUse.losesMessagesWithGcm("4.1.3")).isFalse();
    assertThat(SparkInUse.losesMessagesWithGcm("4.2.0")).isFalse();
    assertThat(SparkInUse.losesMessagesWithGcm("4.3.0")).isFalse();
  }

  @Test
  void theCommitterIsThatOfTheFileSystemAndOfSparksKeys() {
    SparkConf ordinary = new SparkConf(false);
    SparkConf magic =
        new SparkConf(false)
            .set(
                "spark.sql.parquet.output.committer.class",
                "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter")
            .set("spark.hadoop.fs.s3a.committer.name", "magic");
    assertThat(SparkInUse.committer(ordinary, BUCKET)).isEqualTo("ordinary");
    assertThat(SparkInUse.committer(magic, BUCKET)).isEqualTo("magic");
    assertThat(SparkInUse.committer(magic, URI.create("hdfs:///run"))).isEqualTo("ordinary");
  }
}
