package lethe.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RejectionSentencesTest {
  private static final String FILE = "\uFEFFI do not know.\r\n\n  Who kn\u00f6ws?\n";

  @Test
  void theByteOrderMarkIsNoPartOfTheFirstSentence() {
    assertThat(RejectionSentences.sentences(FILE.getBytes(UTF_8)))
        .containsExactly("I do not know.", "Who kn\u00f6ws?");
    assertThat(RejectionSentences.sentences(FILE.getBytes(UTF_16BE)))
        .containsExactly("I do not know.", "Who kn\u00f6ws?");
  }

  @Test
  void whatIsNoTextIsRefused() {
    assertThatThrownBy(() -> RejectionSentences.sentences("Who kn\u00f6ws?".getBytes(ISO_8859_1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot read rejections: the file is not UTF-8; save it as UTF-8");
    assertThatThrownBy(() -> RejectionSentences.sentences("\uFEFF \n".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot read rejections: the file has no sentence");
  }
}
