package lethe.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lethe.LocalSpark;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class QuickPlansTest {
  private static final List<String> KEYS =
      List.of(
          "spark.sql.adaptive.enabled",
          "spark.sql.shuffle.partitions",
          "spark.sql.codegen.wholeStage",
          "spark.sql.codegen.factoryMode");

  private static Map<String, String> settings(SparkSession spark) {
    return KEYS.stream().collect(Collectors.toMap(key -> key, key -> spark.conf().get(key)));
  }

  @Test
  void settingsHoldWhileTheWorkLastsHoweverItEnds() {
    SparkSession spark = LocalSpark.SESSION.newSession();
    spark.conf().set("spark.sql.shuffle.partitions", "200");
    spark.conf().set("spark.sql.codegen.wholeStage", "true");
    Map<String, String> before = settings(spark);
    Map<String, String> within = QuickPlans.within(spark, 3, key -> false, () -> settings(spark));
    assertThat(within)
        .containsEntry("spark.sql.shuffle.partitions", "3")
        .containsEntry("spark.sql.codegen.wholeStage", "false");
    assertThat(settings(spark)).isEqualTo(before);
    assertThatThrownBy(
            () ->
                QuickPlans.within(
                    spark,
                    3,
                    () -> {
                      throw new IllegalStateException("the work fails");
                    }))
        .hasMessage("the work fails");
    assertThat(settings(spark)).isEqualTo(before);
  }

  /** As a user, {@link LocalSpark} has set all of them. */
  @Test
  void whatTheUserHasSetStaysAndFewerPartitionsToo() {
    SparkSession spark = LocalSpark.SESSION.newSession();
    spark.conf().set("spark.sql.codegen.wholeStage", "true");
    Map<String, String> within = QuickPlans.within(spark, 3, () -> settings(spark));
    assertThat(within).containsEntry("spark.sql.codegen.wholeStage", "true");
    assertThat(within).containsEntry("spark.sql.shuffle.partitions", "2");
  }
}
