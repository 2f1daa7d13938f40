package lethe.corpus.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndOfTextTest {
  private static final int ROWS = 260;

  @TempDir Path folder;

  @BeforeEach
  void writeModel() throws IOException {
    Files.write(
        folder.resolve("tokenizer.json"),
        ByteTokenizer.json(
            List.of("<|begin_of_text|>", "<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"),
            List.of("<|begin_of_text|>"),
            List.of()));
    write("config.json", "{\"eos_token_id\": [257, 258, 259]}");
  }

  /** transformers 5.18: eos_token_id of the tokenizer is 259. */
  @Test
  void aChatModelsAnswersEndWithTheTokenizersToken() throws IOException {
    write(
        "tokenizer_config.json",
        "{\"eos_token\": {\"content\": \"<|eot_id|>\", \"__type\": \"AddedToken\"}}");
    assertThat(end(ROWS)).isEqualTo(259);
    write("tokenizer_config.json", "{\"eos_token\": \"<|end_of_text|>\"}");
    assertThat(end(ROWS)).isEqualTo(257);
    write("tokenizer_config.json", "{\"eos_token\": null}");
    write("special_tokens_map.json", "{\"eos_token\": \"<|eom_id|>\"}");
    assertThat(end(ROWS)).isEqualTo(258);
    write("special_tokens_map.json", "{\"eos_token\": \"!\"}"); // of the vocabulary itself
    assertThat(end(ROWS)).isEqualTo((int) '!');
  }

  @Test
  void aListAloneIsRefusedAndASingleIdIsTaken() throws IOException {
    assertThatThrownBy(() -> end(ROWS))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot end answers: eos_token_id must be one token id, was [257,258,259] in config.json and missing in generation_config.json, and no eos_token is named in %s; write the token that ends an answer there, as \"eos_token\"",
            folder.resolve("tokenizer_config.json"));
    write("generation_config.json", "{\"eos_token_id\": 258}");
    assertThat(end(ROWS)).isEqualTo(258);
    write("config.json", "{\"eos_token_id\": [257]}");
    assertThat(end(ROWS)).isEqualTo(257);
  }

  @Test
  void aTokenThatIsNotThereIsRefused() throws IOException {
    write("tokenizer_config.json", "{\"eos_token\": \"<|im_end|>\"}");
    assertThatThrownBy(() -> end(ROWS))
        .hasMessageEndingWith("is <|im_end|>, which tokenizer.json does not have");
    write("tokenizer_config.json", "{\"eos_token\": \"<|eot_id|>\"}");
    assertThatThrownBy(() -> end(259))
        .hasMessageEndingWith("names token 259, and the model's embedding has 259 rows");
  }

  private int end(int rows) {
    return EndOfText.of(
        new lethe.folder.Files(new Configuration()),
        new org.apache.hadoop.fs.Path(folder.toString()),
        rows);
  }

  private void write(String name, String json) throws IOException {
    Files.writeString(folder.resolve(name), json);
  }
}
