package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.evaluate.metric.Interval;
import lethe.target.Outcome;
import org.junit.jupiter.api.Test;

class ForgottenDocumentTest {
  /** Three unseen documents of 4, 5 and 6 nats, of different lengths. */
  private static final List<DocumentScore> UNSEEN =
      List.of(
          document("approximate", "books", "u", 10, 4.0),
          document("approximate", "books", "v", 90, 5.0),
          document("approximate", "books", "w", 50, 6.0),
          document("approximate", "law", "x", 50, 6.0));

  @Test
  void theRangeOfUnseenDocumentsByHand() {
    Map<String, Interval> ranges = UnseenDocuments.of(UNSEEN).ranges();
    assertThat(ranges).containsOnlyKeys("books"); // law has one document
    double half = 4.302653 * Math.sqrt(4 / 3.0); // t(0.975) of 2 degrees of freedom; s is 1
    assertThat(ranges.get("books").low()).isCloseTo(5 - half, within(1e-5));
    assertThat(ranges.get("books").high()).isCloseTo(5 + half, within(1e-5));
  }

  @Test
  void aDocumentIsMatchedOnlyIfItCameIntoTheRange() {
    UnseenDocuments unseen = new UnseenDocuments(Map.of("books", new Interval(3, 5)));
    assertThat(unseen.outcome("books", 2.0, 4.0)).isEqualTo(Outcome.MATCHED);
    assertThat(unseen.outcome("books", 3.5, 4.0)).as("no news").isEqualTo(Outcome.UNDECIDED);
    assertThat(unseen.outcome("books", null, 4.0)).isEqualTo(Outcome.UNDECIDED);
    assertThat(unseen.outcome("books", 2.0, 2.9)).isEqualTo(Outcome.UNDER);
    assertThat(unseen.outcome("books", 2.0, 5.1)).isEqualTo(Outcome.OVER);
    assertThat(unseen.outcome("law", 2.0, 4.0)).as("no range").isEqualTo(Outcome.UNDECIDED);
    assertThat(unseen.outcome("law", 2.0, null)).as("ruined").isEqualTo(Outcome.OVER);
  }

  @Test
  void documentsThatCancelEachOtherInAMeanAreTheWorst() {
    Map<String, List<DocumentScore>> scores = scores();
    List<RequestLine> lines =
        List.of(
            line("r1", "books", "known"),
            line("r1", "books", "spoilt"),
            line("r2", "books", "right"),
            line("r2", "books", "known"),
            line("r3", "books", "right"),
            line("r3", "books", "gone"));
    List<ForgottenDocument> documents = ForgottenDocument.of(scores, lines);
    assertThat(documents)
        .extracting(ForgottenDocument::document)
        .containsExactly("ruined", "spoilt", "known", "right", "lonely");
    assertThat(documents)
        .extracting(d -> d.outcomes().get("unlearned"))
        .containsExactly(
            Outcome.OVER, Outcome.OVER, Outcome.UNDER, Outcome.MATCHED, Outcome.UNDECIDED);
    assertThat(documents.get(0).nll()).containsEntry("unlearned", null);
    assertThat(documents.get(4).unseen()).isNull();

    List<RequestScore> requests = RequestScore.of(lines, scores, documents);
    assertThat(requests.get(0).nll().get("unlearned"))
        .as("the mean is as it should be")
        .isEqualTo(5);
    assertThat(requests.get(0).outcome()).isEqualTo(Outcome.UNDER);
    assertThat(requests.get(0).outcomes())
        .containsExactly(Map.entry("under", 1L), Map.entry("over", 1L));
    assertThat(requests.get(1).outcome()).isEqualTo(Outcome.UNDER);
    assertThat(requests.get(2).outcome()).isEqualTo(Outcome.MATCHED);
    assertThat(requests.get(2).documents()).isEqualTo(1);
  }

  private static Map<String, List<DocumentScore>> scores() {
    List<DocumentScore> before =
        List.of(
            document("forget", "books", "known", 100, -1),
            document("forget", "books", "right", 100, -1),
            document("forget", "books", "ruined", 100, -1),
            document("forget", "books", "spoilt", 100, -1),
            document("forget", "law", "lonely", 100, 2));
    List<DocumentScore> after =
        List.of(
            document("forget", "books", "known", 100, -0.5),
            document("forget", "books", "right", 100, 5),
            document("forget", "books", "ruined", 100, Double.NaN),
            document("forget", "books", "spoilt", 100, 10.5),
            document("forget", "law", "lonely", 100, 3));
    Map<String, List<DocumentScore>> scores = new LinkedHashMap<>();
    scores.put(
        "original", java.util.stream.Stream.of(UNSEEN, before).flatMap(List::stream).toList());
    scores.put("unlearned", after);
    return scores;
  }

  private static RequestLine line(String request, String domain, String document) {
    return new RequestLine(request, "document", document, domain, document, null);
  }

  private static DocumentScore document(
      String split, String domain, String id, long tokens, double mean) {
    return new DocumentScore(split, domain, id, 1, tokens, mean * tokens, mean, 0, 0);
  }
}
