package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EarlierScoreTest {
  private static DocumentScore score(String split, String document, long tokens, double nll) {
    return new DocumentScore(split, "d", document, 1, tokens, nll, 0, 0, 0);
  }

  private static RequestLine line(String request, String document) {
    return new RequestLine(
        request, "document", "x", "d", document, document == null ? "no document has it" : null);
  }

  /** Documents weigh by their tokens; the same document may be named by two requests. */
  @Test
  void eachRequestHasTheLossOfItsOwnDocumentsOfTheSplitEarlier() {
    Map<String, List<DocumentScore>> scores = new LinkedHashMap<>();
    scores.put(
        "original",
        List.of(
            score("earlier", "a", 10, 20),
            score("earlier", "b", 30, 90),
            score("forget", "c", 5, 5)));
    scores.put(
        "unlearned",
        List.of(
            score("earlier", "a", 10, 40),
            score("earlier", "b", 30, Double.NaN),
            score("forget", "c", 5, 5)));
    Map<String, Double> both = new LinkedHashMap<>();
    both.put("original", 110.0 / 40);
    both.put("unlearned", null);
    assertThat(
            EarlierScore.of(
                List.of(
                    line("second", "b"),
                    line("second", "a"),
                    line("second", "a"),
                    line("first", "a"),
                    line("gone", null),
                    line("other", "c")),
                scores))
        .containsExactly(
            new EarlierScore("first", 1, 10, Map.of("original", 2.0, "unlearned", 4.0)),
            new EarlierScore("second", 2, 40, both));
  }
}
