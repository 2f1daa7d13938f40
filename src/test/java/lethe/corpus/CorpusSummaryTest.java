package lethe.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import lethe.corpus.duplicate.Repeat;
import org.junit.jupiter.api.Test;

class CorpusSummaryTest {
  @Test
  void namesWhereTheApproximateSplitDiffersFromTheForgetSplit() {
    List<Manifest.Count> counts =
        List.of(
            count("forget", "a", 800, 40),
            count("forget", "b", 100, 10),
            count("forget", "c", 100, 10),
            count("approximate", "a", 200, 100),
            count("approximate", "b", 200, 10));
    assertThat(CorpusSummary.differences(counts))
        .containsExactly(
            "80 % of the forget tokens belong to domain a, but 50 % of the approximate ones",
            "half of the forget documents of domain a have at most 40 tokens, half of the approximate ones at most 100",
            "10 % of the forget tokens belong to domain b, but 50 % of the approximate ones",
            "the approximate split has no document of domain c, which the forget split has");
  }

  @Test
  void equalSplitsAreNotRemarkedOn() {
    assertThat(
            CorpusSummary.differences(
                List.of(count("forget", "a", 800, 40), count("approximate", "a", 100, 30))))
        .isEmpty();
    assertThat(CorpusSummary.differences(List.of(count("forget", "a", 800, 40)))).isEmpty();
  }

  @Test
  void linesShowEverything() {
    CorpusSummary summary =
        new CorpusSummary(
            7,
            Map.of("a", Map.of("not JSON", 2L)),
            List.of(count("forget", "a", 800, 40)),
            List.of(new Repeat("retain", "a", "forget", "near", "dropped", 3)),
            4,
            List.of("look out"));
    assertThat(summary.lines())
        .containsExactly(
            "  split        domain         documents    chunks       tokens   tokens per document: 5th, 50th and 95th percentile",
            "  forget       a                      5         9          800   1, 40, 99",
            "  too short for a chunk: 1 documents",
            "  rejected: 2 rows of domain a, not JSON",
            "  duplicates: 3 documents of retain, domain a, repeat forget (near): dropped",
            "  reused: the chunks of 4 documents",
            "  warning: look out");
  }

  private static Manifest.Count count(String split, String domain, long tokens, long median) {
    return new Manifest.Count(
        split, domain, 5, 1, 9, tokens, new Manifest.Lengths(1, 2, median, 50, 99));
  }
}
