package lethe.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;

/** JSON of another shape than its record is refused by the member at fault. */
class RequiredMembersTest {
  private static final String REMEDY = "make it again";

  record Inner(String name, @OrNull Inner next) {}

  record Outer(int version, Double loss, List<Inner> inner, Map<String, List<String>> lists) {}

  @Test
  void aRecordThatIsWholeLacksNothing() {
    Inner last = new Inner("b", null);
    Outer whole = new Outer(1, null, List.of(new Inner("a", last)), Map.of("x", List.of("y")));
    assertThat(RequiredMembers.missing(whole)).isEmpty();
    assertThat(read(Files.json(whole))).isEqualTo(whole);
  }

  @Test
  void theFirstMemberThatIsMissingIsNamed() {
    List<Inner> inner = List.of(new Inner("a", new Inner(null, null)));
    assertThat(RequiredMembers.missing(new Outer(1, 2.0, inner, Map.of())))
        .contains("inner[0].next.name");
    Map<String, List<String>> lists = Map.of("x", Arrays.asList("y", null));
    assertThat(RequiredMembers.missing(new Outer(1, 2.0, List.of(), lists))).contains("lists.x[1]");
    assertThat(RequiredMembers.missing(new Outer(1, 2.0, null, Map.of()))).contains("inner");
  }

  @Test
  void aFileOfAnotherShapeIsRefusedWithItsPlaceAndTheRemedy() {
    assertRefused("null", "everything is missing");
    assertRefused("[]", "the whole is not of the kind it must be");
    assertRefused("{\"version\": 1, \"loss\": null, \"inner\": []}", "lists is missing");
    assertRefused("{\"version\": []}", "version is not of the kind it must be");
    assertRefused("{\"inner\": [{\"name\": {}}]}", "inner[0].name is not of the kind it must be");
    assertRefused("{\"inner\": [{\"nome\": 1}]}", "it has inner[0].nome, which this program ");
  }

  private static void assertRefused(String json, String why) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot read a.json: " + why)
        .hasMessageEndingWith("; " + REMEDY);
  }

  private static Outer read(String json) {
    try {
      return Files.record(new Path("a.json"), Json.MAPPER.readTree(json), Outer.class, REMEDY);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
