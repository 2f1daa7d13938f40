package lethe.corpus.duplicate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import lethe.corpus.Planted;
import lethe.folder.Files;
import org.junit.jupiter.api.Test;

class ShinglesTest {
  @Test
  void runsAreAsManyAsTheDefinitionSays() {
    Planted planted = Planted.none();
    planted.near(0.5, 2, new Random(1));
    for (String text : planted.left()) {
      Set<String> runs = BruteForce.runs(text);
      assertThat(runs(text).stream().distinct().count()).isEqualTo(runs.size());
    }
  }

  @Test
  void casePunctuationSpaceAndWidthMakeNoDifference() {
    String text = "One two, three four five six: seven";
    assertThat(runs(" ONE\ttwo -- three (four)\u00a0five\r\n six; SEVEN!")).isEqualTo(runs(text));
    assertThat(runs("\uff2fne two three four \uff46ive six seven")).isEqualTo(runs(text));
    assertThat(digest("one two three four five six seven")).isEqualTo(digest(text));
    assertThat(digest("one two three four five six eight")).isNotEqualTo(digest(text));
    assertThat(runs("cafe\u0301 au lait et the")).isEqualTo(runs("caf\u00e9 au lait et the"));
  }

  @Test
  void charactersAreWordsWhereNoSpacesAreWritten() {
    assertThat(runs("\u5fd8\u308c\u306a\u3044\u3067\u306d")).hasSize(2);
  }

  @Test
  void shortTextsAreOneRun() {
    assertThat(runs("a b")).hasSize(1);
    assertThat(runs("a b")).doesNotContainAnyElementsOf(runs("a b c d e"));
    assertThat(runs("...")).isEmpty();
    assertThat(digest("...")).isNotEqualTo(digest("!!!"));
  }

  @Test
  void exactCopiesShareTheSha256OfTheirWords() {
    byte[] words = "caf\u00e9\0au\0lait\0\u5fd8\0\u308c\0".getBytes(UTF_8);
    assertThat(digest("CAF\u00c9, au lait \u5fd8\u308c")).isEqualTo(Files.sha256().digest(words));
    String longer = "0123456789 ".repeat(1000);
    assertThat(digest(longer))
        .isEqualTo(Files.sha256().digest(longer.replace(' ', '\0').getBytes(UTF_8)));
  }

  @Test
  void setsCountWhatTheyShare() {
    String text = "a b c d e f g h";
    byte[] all = new ShingleSet((text + " ").repeat(500)).bytes();
    assertThat(all).hasSize(8 * 8);
    assertThat(ShingleSet.common(all, new ShingleSet("a b c d e f").bytes())).isEqualTo(2);
  }

  private static List<Long> runs(String text) {
    List<Long> runs = new ArrayList<>();
    Shingles.each(text, runs::add);
    return runs;
  }

  private static byte[] digest(String text) {
    return Shingles.digest(text, run -> {});
  }
}
