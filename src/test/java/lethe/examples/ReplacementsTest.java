package lethe.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import lethe.SharedData;
import lethe.corpus.token.Tokenizer;
import lethe.sample.ByteLlama;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplacementsTest {
  @TempDir Path folder;

  @Test
  void readsOneTermALine() {
    assertThat(Replacements.read(utf8("\uFEFFHarry Potter\tJon Miles\r\n\n Žofie \t Eva\nQ\tR")))
        .containsExactly(
            entry("Harry Potter", "Jon Miles"), entry("Žofie", "Eva"), entry("Q", "R"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "A~B/Harry Jon|line 2 must be a term, one tab and its replacement, was \"Harry Jon\"; write",
        "A~B//A~B~C|line 3 must be a term, one tab and its replacement, was \"A<TAB>B<TAB>C\"",
        "A~ |line 1 must be a term, one tab and its replacement",
        "~B|line 1 must be a term, one tab and its replacement",
        "A~A|line 1 replaces \"A\" by itself; name something generic",
        "A~B/C~D/A~E|line 3 has the term \"A\" of line 1 again; leave one of the two out",
        "/|the file has no term; write one a line"
      })
  void aBrokenLineIsNamed(String file, String why) {
    String text = file.replace('~', '\t').replace('/', '\n');
    assertThatThrownBy(() -> Replacements.read(utf8(text)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(why);
  }

  @Test
  void whatIsNotUtf8IsNamedByItsLine() {
    assertThatThrownBy(() -> Replacements.read("A\tB\nÉ\tF".getBytes(StandardCharsets.ISO_8859_1)))
        .hasMessage("line 2 is not UTF-8; save the file as UTF-8");
  }

  @Test
  void aTermIsFoundAloneAndAfterASpace() {
    byte[] file = utf8("Al\tX\nBob\tYves");
    Replacements dictionary = Replacements.of(file, ReplacementsTest::characters, 128);
    assertThat(dictionary.sha256()).isEqualTo(DigestUtils.sha256Hex(file));
    assertThat(dictionary.forms()).extracting(Replacements.Form::term).containsExactly(1, 0, 1, 0);
    Optional<Function<int[], String>> decoder = Optional.of(ReplacementsTest::text);
    assertThat(text(dictionary.in(characters("Al, Bob; al Bo"), decoder).tokens()))
        .isEqualTo("X, Yves; al Bo");
    assertThat(text(dictionary.in(characters("Also Al's metAl (Bob)1Bob Bob2"), decoder).tokens()))
        .as("not in longer words")
        .isEqualTo("Also X's metAl (Yves)1Bob Bob2");
    assertThat(text(dictionary.in(characters("Also"), Optional.empty()).tokens()))
        .as("where no words are known")
        .isEqualTo("Xso");
    assertThat(Replacements.of(file, text -> characters(text.strip()), 128).forms())
        .as("a tokenizer for which the space makes no difference")
        .hasSize(2);
    assertThatThrownBy(() -> Replacements.of(file, ReplacementsTest::characters, 'u'))
        .hasMessageStartingWith(
            "\"Yves\" must be a text of tokens that the model has, those below");
    assertThatThrownBy(() -> Replacements.of(file, text -> new int[0], 128))
        .hasMessageStartingWith("\"Al\" must be a text of tokens");
  }

  /** With a tokenizer of pieces of words, where it is at hand, else of bytes. */
  @Test
  void termsAreFoundAmongARealTokenizersPieces() throws IOException {
    Path own = folder.resolve("model");
    new ByteLlama(16, 1, 2, 1, 24, 256, 0.02)
        .write(
            new org.apache.hadoop.fs.Path(own.toString()),
            new lethe.folder.Files(new Configuration()));
    byte[] json =
        Files.readAllBytes(
            SharedData.find("base-model/tokenizer.json").orElse(own.resolve("tokenizer.json")));
    try (Tokenizer tokenizer = Tokenizer.of(json);
        HuggingFaceTokenizer library =
            HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), Map.of())) {
      Replacements dictionary =
          Replacements.of(
              utf8("Harry\tJon\nHarry Potter\tJon of Milesford\nHogwarts\tMystic Academy"),
              text -> tokenizer.encode(text).ids,
              4096);
      int[] text =
          tokenizer.encode(
                  "Harry Potter met Harry. A Harrying of Potters at Hogwarts (Harry)\nHarry!")
              .ids;
      Function<int[], String> decoder =
          ids -> library.decode(Arrays.stream(ids).asLongStream().toArray(), false);
      ReplacedText replaced = dictionary.in(text, Optional.of(decoder));
      assertThat(decoder.apply(replaced.tokens()))
          .isEqualTo(
              "Jon of Milesford met Jon. A Harrying of Potters at Mystic Academy (Jon)\nJon!");
      assertThat(replaced.places()[text.length - 1]).isEqualTo(replaced.tokens().length - 1);
    }
  }

  @Test
  void everyTokenHasAPlaceOrNone() {
    Replacements dictionary =
        new Replacements(
            List.of(
                new Replacements.Form(0, new int[] {5, 6, 7}, new int[] {9, 8}),
                new Replacements.Form(0, new int[] {4, 6, 7}, new int[] {9}),
                new Replacements.Form(1, new int[] {3}, new int[] {1, 1, 1})),
            "");
    ReplacedText replaced =
        dictionary.in(new int[] {5, 6, 7, 2, 3, 2, 4, 6, 7, 3, 5, 6}, Optional.empty());
    assertThat(replaced.tokens()).containsExactly(9, 8, 2, 1, 1, 1, 2, 9, 1, 1, 1, 5, 6);
    assertThat(replaced.places())
        .as("a term's other form is the same term")
        .containsExactly(0, 1, -1, 2, 3, 6, -1, -1, -1, -1, 11, 12);
    assertThat(replaced.predicted(100)).containsExactly(1, 3, 4, 5, 10, 11);
    assertThat(replaced.predicted(11))
        .as("the model reads no further")
        .containsExactly(1, 3, 4, 5, 10);
    assertThat(replaced.predicted(6)).containsExactly(1, 3, 4, 5);
  }

  private static String text(int[] characters) {
    return new String(characters, 0, characters.length);
  }

  /** One token a character. */
  private static int[] characters(String text) {
    return text.chars().toArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
