package lethe.corpus.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplateTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String[] SPECIAL = {
    "<s>", "</s>", "<|eot|>", "<|end|>", "</turn>", "<|assistant|>"
  };
  private static final int FIRST = 300;

  private final Files files = new Files(new Configuration());

  @TempDir Path temp;

  @BeforeEach
  void writeTokenizer() throws IOException {
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(ByteTokenizer.json(0));
    ArrayNode added = tokenizer.withArray("/added_tokens");
    for (int i = 0; i < SPECIAL.length; i++) {
      added
          .addObject()
          .put("id", FIRST + i)
          .put("content", SPECIAL[i])
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    JSON.writeValue(temp.resolve("tokenizer.json").toFile(), tokenizer);
  }

  /** Questions with and without a system prompt, as transformers writes them. */
  @Test
  void aQuestionIsWrittenAsTransformersWritesIt() throws IOException {
    int compared = 0;
    for (JsonNode one : JSON.readTree(getClass().getResourceAsStream("/chat-templates.json"))) {
      JsonNode messages = one.at("/context/messages");
      JsonNode last = messages.get(messages.size() - 1);
      boolean plain = one.at("/context/tools").isMissingNode() && one.has("expected");
      if (plain && last.path("role").asText().equals("user")) {
        String system = messages.size() == 2 ? messages.get(0).path("content").asText() : "";
        write(one.path("template").asText());
        if (!one.path("name").asText().equals("thoughts")) { // which writes more than a prompt
          assertThat(template(system).in(files, folder()).prompt(last.path("content").asText()))
              .as(one.path("name").asText())
              .isEqualTo(one.path("expected").asText());
          compared++;
        }
      }
    }
    assertThat(compared).isEqualTo(11);
  }

  @Test
  void anAnswerEndsWithTheTokenThatTheTemplateWrites() throws IOException {
    List<String> ends = new ArrayList<>();
    String before = "";
    for (JsonNode one : JSON.readTree(getClass().getResourceAsStream("/chat-templates.json"))) {
      if (!one.path("name").asText().equals(before)) {
        before = one.path("name").asText();
        write(one.path("template").asText());
        int end = EndOfText.of(template(""), files, folder(), 400);
        ends.add(SPECIAL[end - FIRST]);
      }
    }
    assertThat(ends)
        .containsExactly("<|eot|>", "<|end|>", "</turn>", "<|end|>", "</s>", "</s>", "</s>");
  }

  /** A list in config.json says where to stop, not what an answer ends with. */
  @Test
  void everyListedEndStopsAGeneration() throws IOException {
    write("{{ messages[0].content }}<|eot|>");
    java.nio.file.Files.writeString(
        temp.resolve("config.json"), "{\"eos_token_id\": [301, 303, 5000]}");
    java.nio.file.Files.writeString(
        temp.resolve("generation_config.json"), "{\"eos_token_id\": 304}");
    write(
        "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}<|eot|>{% endif %}{% endfor %}");
    assertThat(EndOfText.of(template(""), files, folder(), 400)).isEqualTo(302);
    assertThat(EndOfText.all(template(""), files, folder(), 400))
        .containsExactly(301, 302, 303, 304);
    assertThat(EndOfText.all(new Template("", " "), files, folder(), 400))
        .as("the tokenizer's own, and the lists")
        .containsExactly(301, 303, 304);
  }

  /** The template has the token that begins a text, so it is not put before it again. */
  @Test
  void aTextBeginsOnce() throws IOException {
    write("{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}");
    QuestionEncoder encoder =
        QuestionEncoder.of(template(""), Beginning.TOKENIZER, files, folder(), 400);
    try (Tokenizer tokenizer =
        Tokenizer.of(files.read(new org.apache.hadoop.fs.Path(folder(), "tokenizer.json")))) {
      assertThat(encoder.prompt(tokenizer, "a")).startsWith(256).hasSize(4);
      QuestionEncoder.Encoded encoded = encoder.encode(tokenizer, "a", "b");
      assertThat(encoded.prompt()).isEqualTo(4);
      assertThat(encoded.tokens()).startsWith(encoder.prompt(tokenizer, "a")).endsWith(FIRST + 1);
    }
  }

  @Test
  void aFileOfItsOwnComesFirst() throws IOException {
    write("config {{ messages[0].content }}");
    java.nio.file.Files.writeString(
        temp.resolve("chat_template.jinja"), "file {{ messages[0].content }}:");
    assertThat(template("").in(files, folder()).prompt("q")).isEqualTo("file q:");
  }

  @Test
  void aTemplateThatCannotBeUsedIsNamed() throws IOException {
    refused(
        "{{ raise_exception('no system') }}",
        "line 1: it refuses: no system; the messages were those of user");
    refused("{{ messages[0].content | upper }}", "it does not write a question once, but:");
    refused(
        "{{ messages[0].content | replace('<', '&lt;') }}",
        "it changes questions, for example this one: It's");
    refused("{% if %}", "line 1: a value is missing");
    refused(null, "it has no chat_template; set corpus.template to another template");
    assertThatThrownBy(() -> read("corpus.system-prompt=Be brief."))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("corpus.system-prompt needs template = chat");
  }

  private void refused(String source, String message) throws IOException {
    write(source);
    assertThatThrownBy(() -> template("").in(files, folder()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot use the chat template of " + folder())
        .hasMessageContaining(message);
  }

  private static Template template(String system) {
    return system.isEmpty()
        ? read("corpus.template=chat")
        : read("corpus.template=chat", "corpus.system-prompt=\"" + system + "\"");
  }

  private static Template read(String... pairs) {
    Settings settings = Settings.of(List.of(pairs));
    Template template = Template.read(settings.root().section("corpus"));
    settings.check();
    return template;
  }

  private org.apache.hadoop.fs.Path folder() {
    return new org.apache.hadoop.fs.Path(temp.toString());
  }

  private void write(String template) throws IOException {
    ObjectNode config = JSON.createObjectNode();
    if (template != null) {
      config.put("chat_template", template);
    }
    config.putObject("bos_token").put("content", "<s>");
    config.put("eos_token", "</s>");
    java.nio.file.Files.writeString(
        temp.resolve("tokenizer_config.json"), config.toString(), StandardCharsets.UTF_8);
  }
}
