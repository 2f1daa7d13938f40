package lethe.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ConditionsTest {
  private static final String RECORD =
      """
      {"lethe": "0.2.0", "commit": "a", "processor": "P, amd64", "java": "17", "spark": "4.2.0",
       "environments": {"pretrain": "P, 1 threads, PyTorch 2.7.1", "unlearn": "P, 1 threads, PyTorch 2.7.1", "retrain": "P"},
       "settings": {"train": {"threads": 1, "micro-batch": 8, "workers": 2}, "pretrain": {"micro-batch": null}}}
      """;

  private static ObjectNode record(Consumer<ObjectNode> change) throws Exception {
    ObjectNode record = (ObjectNode) new ObjectMapper().readTree(RECORD);
    change.accept(record);
    return record;
  }

  @Test
  void theSameProcessorThreadsAndLibrariesMustGiveTheSameBits() throws Exception {
    assertThat(Conditions.differences(record(r -> {}), record(r -> {}))).isEmpty();
    assertThat(
            Conditions.differences(
                record(r -> {}),
                record(
                    r -> {
                      r.put("java", "21").put("spark", "3.5.0");
                      ((ObjectNode) r.at("/settings/train")).put("workers", 4);
                      ((ObjectNode) r.at("/environments")).put("retrain", "Q");
                    })))
        .as("Java, Spark, the number of workers and other stages decide no bit")
        .isEmpty();
  }

  @Test
  void whateverMayMakeOtherBitsIsNamedWithBothValues() throws Exception {
    assertThat(
            Conditions.differences(
                record(r -> {}),
                record(
                    r -> {
                      r.put("commit", "b");
                      ((ObjectNode) r.at("/environments"))
                          .put("unlearn", "Q, 1 threads, PyTorch 2.7.1");
                      ((ObjectNode) r.at("/settings/train")).put("micro-batch", 4);
                      ((ObjectNode) r.at("/settings/pretrain")).put("micro-batch", 4);
                    })))
        .containsExactly(
            "Lethe: was 0.2.0 (commit a), is 0.2.0 (commit b)",
            "the workers of unlearn: was P, 1 threads, PyTorch 2.7.1, is Q, 1 threads, PyTorch 2.7.1",
            "train.micro-batch: was 8, is 4",
            "pretrain.micro-batch: was null, is 4");
  }

  /** Before training, and in records of older versions, only the driver's processor is known. */
  @Test
  void withoutWorkersTheProcessorOfTheDriverAndTheThreadsCount() throws Exception {
    ObjectNode before = record(r -> r.remove("environments"));
    assertThat(Conditions.differences(record(r -> {}), before)).isEmpty();
    before.put("processor", "Q, amd64");
    ((ObjectNode) before.at("/settings/train")).put("threads", 2);
    assertThat(Conditions.differences(record(r -> {}), before))
        .containsExactly("the processor: was P, amd64, is Q, amd64", "train.threads: was 1, is 2");
    assertThat(Conditions.differences(before, record(r -> {}))).hasSize(2);
  }
}
