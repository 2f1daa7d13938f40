package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.MemoryComparison;
import lethe.evaluate.SplitScore;
import lethe.report.Condition.State;
import lethe.settings.FirstTen;

/**
 * Verbatim memory: the model writes no more of the forgotten text by itself than the original
 * writes of text that it never saw. Less is no fault here: that documents are worse known than
 * unseen text is judged by the verdict and by membership.
 */
record MemoryGate(GateLimits limits) implements UnseenGate {
  private static final double ANY = Double.POSITIVE_INFINITY;

  @Override
  public double limit() {
    return limits.memory();
  }

  @Override
  public Judgement judge(Gate.Evidence evidence) {
    Optional<MemoryComparison> pooled =
        evidence.memory().stream().filter(m -> m.domain().equals(SplitScore.ALL)).findFirst();
    if (pooled.isEmpty()) {
      return new Judgement(
          State.NOT_MEASURED, "and no domain has chunks of both forget and approximate");
    }
    MemoryComparison all = pooled.get();
    List<String> failed = new ArrayList<>();
    if (all.interval() != null && !within(all.interval(), ANY)) {
      failed.add(strength(all) + (beyond(all.interval(), ANY) ? "" : ", not shown to be within"));
    }
    for (MemoryComparison domain : evidence.memory()) {
      if (!domain.domain().equals(SplitScore.ALL) && beyond(domain.interval(), ANY)) {
        failed.add(strength(domain));
      }
      if (domain.extractsMore()) {
        failed.add(extracted(domain));
      }
    }
    if (!failed.isEmpty()) {
      return new Judgement(State.FAILED, String.join("; ", FirstTen.lines(failed)));
    }
    return all.interval() == null
        ? new Judgement(State.NOT_MEASURED, strength(all) + ", of which there is no interval")
        : new Judgement(State.PASSED, strength(all));
  }

  private static String strength(MemoryComparison memory) {
    return String.format(
        Locale.ROOT,
        "the extraction strength of forget %s is %.4f, of unseen text %.4f: %+.4f%s",
        place(memory),
        memory.strength(),
        memory.unseenStrength(),
        memory.excess(),
        memory.interval() == null
            ? ""
            : String.format(
                Locale.ROOT,
                " (95 %% interval %+.4f to %+.4f)",
                memory.interval().low(),
                memory.interval().high()));
  }

  private static String extracted(MemoryComparison memory) {
    return String.format(
        Locale.ROOT,
        "%.2f %% of the chunks to forget %s are extracted, of unseen text %.2f %%",
        100 * memory.extracted(),
        place(memory),
        memory.unseenExtracted() == null ? 0 : 100 * memory.unseenExtracted());
  }

  private static String place(MemoryComparison memory) {
    return memory.domain().equals(SplitScore.ALL)
        ? "over all domains"
        : "in domain " + memory.domain();
  }
}
