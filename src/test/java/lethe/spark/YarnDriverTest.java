package lethe.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class YarnDriverTest {
  private static final String MASTER = "spark.master";
  private static final String MODE = "spark.submit.deployMode";

  @AfterEach
  void forget() {
    System.clearProperty(MASTER);
    System.clearProperty(MODE);
  }

  @Test
  void itIsOneOnlyInsideAnApplicationMaster() {
    assertThat(YarnDriver.isThisProcess()).isFalse();
    System.setProperty(MASTER, "yarn");
    assertThat(YarnDriver.isThisProcess()).isFalse();
    System.setProperty(MODE, "client");
    assertThat(YarnDriver.isThisProcess()).isFalse();
    System.setProperty(MODE, "cluster");
    assertThat(YarnDriver.isThisProcess()).isTrue();
    System.setProperty(MASTER, "spark://host:7077");
    assertThat(YarnDriver.isThisProcess()).isFalse();
  }

  @Test
  void theApplicationMasterLearnsOfTheCode() {
    assertThatCode(() -> YarnDriver.end(0)).doesNotThrowAnyException();
    assertThatThrownBy(() -> YarnDriver.end(3))
        .isInstanceOf(SparkException.class)
        .hasMessageContaining("Lethe ended with exit code 3, as its log says");
  }
}
