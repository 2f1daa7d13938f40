package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokenizerChoiceTest {
  @ParameterizedTest
  @EnumSource(WordPattern.class)
  void bothLibrariesMakeTheSameTokens(WordPattern pattern) throws Exception {
    byte[] json = SmallTokenizers.of(pattern).toString().getBytes(UTF_8);
    List<String> texts = texts();
    assertThat(TokenizerChoice.of(json, texts))
        .isEqualTo(new TokenizerChoice(TokenizerLibrary.JTOKKIT, ""));
    JtokkitEncoder encoder =
        new JtokkitEncoder(JtokkitVocabulary.of(SmallTokenizers.read(new String(json, UTF_8))));
    long served = texts.stream().filter(text -> encoder.encode(text, 0).isPresent()).count();
    assertThat(served).isGreaterThan(400);
    try (Tokenizer quick = Tokenizer.of(json, TokenizerLibrary.JTOKKIT);
        Tokenizer reference = Tokenizer.of(json)) {
      for (String text : texts) {
        Tokens expected = reference.encode(text);
        Tokens found = quick.encode(text);
        assertThat(found.ids).as(text).isEqualTo(expected.ids);
        assertThat(found.starts).as(text).isEqualTo(expected.starts);
        assertThat(found.ends).as(text).isEqualTo(expected.ends);
      }
      assertThat(quick.begin()).isEqualTo(reference.begin());
      assertThat(quick.longestToken()).isEqualTo(reference.longestToken());
    }
  }

  /** What no library but the model's own can be trusted with. */
  @Test
  void textsThatJtokkitCannotBeSureOfAreLeftToTheOther() {
    JtokkitEncoder encoder =
        new JtokkitEncoder(JtokkitVocabulary.of(SmallTokenizers.of(WordPattern.QWEN_2)));
    assertThat(encoder.encode("a caf\u00e9", 0)).isPresent();
    for (String text :
        List.of(
            "a cafe\u0301",
            "a<|im_start|>user",
            "half \ud83d",
            "\udc00",
            "unassigned \u0378",
            "a".repeat(161))) {
      assertThat(encoder.encode(text, 0)).as(text).isEmpty();
    }
  }

  @Test
  void aTokenizerThatJtokkitCannotServeFallsBackAndSaysWhy() {
    assertRefused(
        json -> json.withObject("/model").put("type", "WordPiece"),
        "its model is WordPiece, not BPE");
    assertRefused(
        json -> json.putObject("normalizer").put("type", "NFKC"), "its normalizer is NFKC");
    assertRefused(
        json -> json.putObject("pre_tokenizer").put("type", "Metaspace"),
        "its pre_tokenizer does not split texts as those of GPT-2, Llama 3 or Qwen2 do");
    assertRefused(json -> json.withObject("/model").put("dropout", 0.1), "its model has dropout");
    assertRefused(
        json -> {
          json.putObject("normalizer").put("type", "NFC");
          json.putObject("post_processor").put("type", "ByteLevel").put("trim_offsets", true);
        },
        "its post_processor trims places in texts that its normalizer has changed");
    assertRefused(
        json -> json.withObject("/model/vocab").remove("a"), "not every byte is a token of it");
    assertRefused(
        json -> json.withObject("/model").put("continuing_subword_prefix", "##"),
        "its tokens are not the bytes of a text");
    assertRefused(
        json -> reverse(json.withArray("/model/merges")),
        "its merges are not in the order of its tokens");
  }

  private static void assertRefused(Consumer<ObjectNode> change, String why) {
    ObjectNode json = SmallTokenizers.of(WordPattern.GPT_2);
    change.accept(json);
    assertThat(JtokkitVocabulary.refusal(json)).contains(why);
  }

  /** The files load in both libraries, and only one of them reads merges in this order. */
  @Test
  void mergesInAnotherOrderThanTheirTokensAreLeftToTheOtherLibrary() {
    ObjectNode json = SmallTokenizers.of(WordPattern.GPT_2);
    reverse(json.withArray("/model/merges"));
    assertThat(TokenizerChoice.of(json.toString().getBytes(UTF_8), List.of()).sentence())
        .isEqualTo(
            "tokenizing with Hugging Face's library, since JTokkit cannot serve this tokenizer.json: its merges are not in the order of its tokens");
  }

  @Test
  void otherTokensOfTheTextsThatAreTriedAreEnoughToFallBack() {
    ObjectNode json = SmallTokenizers.of(WordPattern.GPT_2);
    ObjectNode other = json.deepCopy();
    ArrayNode merges = other.withArray("/model/merges");
    while (merges.size() > 300) {
      merges.remove(merges.size() - 1);
    }
    try (Tokenizer quick = Tokenizer.of(json.toString().getBytes(UTF_8), TokenizerLibrary.JTOKKIT);
        Tokenizer reference = Tokenizer.of(other.toString().getBytes(UTF_8))) {
      TokenizerChoice choice = TokenizerChoice.compared(quick, reference, TokenizerChoice.hard());
      assertThat(choice.library()).isEqualTo(TokenizerLibrary.HUGGING_FACE);
      assertThat(choice.sentence())
          .contains("JTokkit cannot serve this tokenizer.json: it makes other tokens than Hugging");
    }
  }

  /** Hard texts, pieces of them put together, and one longer than the library gets at a time. */
  private static List<String> texts() {
    List<String> texts = new ArrayList<>(TokenizerChoice.hard());
    String all = String.join(" ", TokenizerChoice.HARD) + SmallTokenizers.WORDS;
    Random random = new Random(11);
    for (int i = 0; i < 600; i++) {
      StringBuilder text = new StringBuilder();
      for (int part = random.nextInt(6); part >= 0; part--) {
        int from = random.nextInt(all.length());
        text.append(all, from, Math.min(all.length(), from + random.nextInt(12) + 1));
      }
      texts.add(text.toString());
    }
    texts.add((all + SmallTokenizers.WORDS).repeat(40));
    texts.add(SmallTokenizers.WORDS.repeat(400));
    return texts;
  }

  private static void reverse(ArrayNode merges) {
    for (int i = 0, j = merges.size() - 1; i < j; i++, j--) {
      var first = merges.get(i);
      merges.set(i, merges.get(j));
      merges.set(j, first);
    }
  }
}
