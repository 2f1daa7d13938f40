package lethe.sample;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import lethe.folder.Files;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteTokenizerTest {
  @TempDir Path folder;
  private HuggingFaceTokenizer tokenizer;

  @BeforeEach
  void writeAndLoad() throws IOException {
    new ByteLlama(16, 1, 2, 2, 32, 64, 0.25)
        .write(new org.apache.hadoop.fs.Path(folder.toString()), new Files(new Configuration()));
    tokenizer =
        HuggingFaceTokenizer.newInstance(
            folder.resolve("tokenizer.json"),
            Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false"));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        " two  spaces \t and a tab",
        "carriage\r\nreturn\r",
        "nul \0 and delete \u007f",
        "émigré – naïve",
        "忘川之水",
        "\uD83D\uDE00 face, \uD83D\uDC69\u200D\uD83D\uDCBB joined, \u0301 alone"
      })
  void everyByteIsOneTokenAndComesBack(String text) {
    long[] ids = tokenizer.encode(text, false, false).getIds();
    assertThat(ids).isEqualTo(bytesOf(text));
    assertThat(tokenizer.decode(ids)).isEqualTo(text);
  }

  @Test
  void everyCodePointOfOneOrTwoUnitsComesBack() {
    StringBuilder all = new StringBuilder();
    for (int point = 0; point <= Character.MAX_CODE_POINT; point += point < 0x3000 ? 1 : 97) {
      if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
        all.appendCodePoint(point);
      }
    }
    long[] ids = tokenizer.encode(all.toString(), false, false).getIds();
    assertThat(ids).isEqualTo(bytesOf(all.toString())); // tens of thousands of them: not truncated
  }

  @Test
  void specialTokensComeFirst() {
    assertThat(tokenizer.encode("<unk><s></s>", false, false).getIds()).containsExactly(0, 1, 2);
    assertThat(ByteTokenizer.VOCABULARY).isEqualTo(259);
  }

  private static long[] bytesOf(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return IntStream.range(0, bytes.length).mapToLong(i -> (bytes[i] & 0xff) + 3).toArray();
  }
}
