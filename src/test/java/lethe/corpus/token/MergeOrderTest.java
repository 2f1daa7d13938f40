package lethe.corpus.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergeOrderTest {
  @Test
  void tokensAreInTheOrderOfTheirMerges() {
    assertThat(MergeOrder.of(model(false, "a b", "ab c", "b c")))
        .contains(List.of("a", "b", "c", "ab", "abc", "bc"));
    assertThat(MergeOrder.of(pairs(model(false, "a b", "ab c"))))
        .contains(List.of("a", "b", "c", "ab", "abc"));
  }

  /** Of abc the list makes ab and c, and knows no way on. An order of tokens would make abc. */
  @Test
  void aTokenThatItsOwnBytesDoNotMakeHasNoPlaceInAnOrder() {
    assertThat(MergeOrder.of(model(false, "a b", "b c", "a bc"))).isEmpty();
    assertThat(MergeOrder.of(model(false, "a b", "b c", "a bc", "ab c"))).isPresent();
  }

  /** The list makes ab before abc of its parts ab and c: the first of these may not come last. */
  @Test
  void twoWaysToOneTokenMustNotHaveAnotherTokenBetweenThem() {
    assertThat(MergeOrder.of(model(false, "b c", "a bc", "c a", "a b", "ab c"))).isPresent();
    assertThat(MergeOrder.of(model(false, "a b", "b c", "a bc", "c a", "ab c"))).isEmpty();
  }

  @Test
  void aTokenThatIsNeverMadeIsLeftOutUnlessWholeWordsAreKept() {
    ObjectNode merged = model(false, "a b");
    ((ObjectNode) merged.get("vocab")).put("cc", 10);
    assertThat(MergeOrder.of(merged)).contains(List.of("a", "b", "c", "ab"));
    // Of a word cc, but not of one with more letters, the library makes this token.
    ObjectNode kept = model(true, "a b");
    ((ObjectNode) kept.get("vocab")).put("cabab", 10);
    assertThat(MergeOrder.of(kept)).contains(List.of("a", "b", "c", "ab", "cabab"));
    ((ObjectNode) kept.get("vocab")).put("cc", 11);
    assertThat(MergeOrder.of(kept)).isEmpty();
  }

  private static ObjectNode model(boolean whole, String... merges) {
    ObjectNode model = (ObjectNode) SmallTokenizers.read("{\"vocab\": {\"a\":0,\"b\":1,\"c\":2}}");
    ObjectNode vocabulary = (ObjectNode) model.get("vocab");
    ArrayNode all = model.putArray("merges");
    for (String merge : merges) {
      all.add(merge);
      String token = merge.replace(" ", "");
      if (!vocabulary.has(token)) {
        vocabulary.put(token, vocabulary.size());
      }
    }
    return model.put("ignore_merges", whole);
  }

  /** The same with merges as newer files write them. */
  private static ObjectNode pairs(ObjectNode model) {
    ArrayNode all = model.putArray("merges");
    all.addArray().add("a").add("b");
    all.addArray().add("ab").add("c");
    return model;
  }
}
