package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.Role;
import org.junit.jupiter.api.Test;

class WorkerReportTest {
  private static final List<Role> ROLES =
      List.of(new Role("forget", new GradientAscent(), 1), new Role("retain", new Descent(), 1));

  /** Two shards of two roles: 5 and 7 forget positions, 1 and 2 of retain. */
  private static final WorkerReport FIRST =
      new WorkerReport(new double[4], new long[] {5, 1, 7, 2}, 15, 1);

  private static final WorkerReport SECOND =
      new WorkerReport(new double[2], new long[] {3, 4}, 7, 1);

  @Test
  void whatWasScoredMustBeWhatItIsDividedBy() {
    assertThat(WorkerReport.objection(ROLES, new long[] {15, 7}, List.of(FIRST, SECOND))).isEmpty();
    assertThat(WorkerReport.objection(ROLES, new long[] {15, 8}, List.of(FIRST, SECOND)))
        .hasValue("the workers scored 7 of retain.descent, but the plan has 8");
    assertThat(WorkerReport.objection(ROLES, new long[] {15, 7}, List.of(FIRST)))
        .hasValue("the workers scored 12 of forget.ascent, but the plan has 15");
  }

  @Test
  void travelsWhole() {
    ByteBuffer buffer = ByteBuffer.allocate(FIRST.bytes());
    FIRST.write(buffer);
    assertThat(buffer.remaining()).isZero();
    WorkerReport read = WorkerReport.read(buffer.flip());
    assertThat(read.counts()).containsExactly(5, 1, 7, 2);
    assertThat(read.termSums()).hasSize(4);
    assertThat(read.tokens()).isEqualTo(15);
  }
}
