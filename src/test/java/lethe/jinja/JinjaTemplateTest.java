package lethe.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates as transformers renders them. */
class JinjaTemplateTest {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .configure(com.fasterxml.jackson.databind.DeserializationFeature.USE_LONG_FOR_INTS, true);

  /**
   * Our own templates, written with what those of Llama 2, 3 and 3.1, Qwen2.5, Gemma, Phi-3 and
   * Mistral are written with, and those of the file that LETHE_CHAT_TEMPLATES names: a list of
   * {@code template}, {@code context} and what transformers makes of them, {@code expected} or
   * {@code error}.
   */
  static List<JsonNode> cases() throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    JSON.readTree(JinjaTemplateTest.class.getResourceAsStream("/chat-templates.json"))
        .forEach(cases::add);
    Optional<String> others = Optional.ofNullable(System.getenv("LETHE_CHAT_TEMPLATES"));
    if (others.isPresent()) {
      JSON.readTree(Path.of(others.get()).toFile()).forEach(cases::add);
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rendersWhatTransformersRenders(JsonNode one) {
    Map<String, Object> context =
        JSON.convertValue(one.path("context"), new TypeReference<Map<String, Object>>() {});
    if (one.has("error")) {
      assertThatThrownBy(() -> render(one.path("template").asText(), context))
          .isInstanceOf(JinjaException.class);
    } else {
      assertThat(render(one.path("template").asText(), context))
          .isEqualTo(one.path("expected").asText());
    }
  }

  private static String render(String template, Map<String, Object> context) {
    return new JinjaTemplate(template).render(context);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{% for x in [1] %}a ; line 1: endfor is missing",
        "{{ x.y.z }} ; line 1: y is undefined and has no z",
        "{{ nothing() }} ; line 1: nothing cannot be called",
        "{{ 'a' + none }} ; line 1: cannot compute 'a' + None",
        "{{ x | frob }} ; line 1: there is no filter \"frob\"",
        "{% include 'a' %} ; line 1: the tag \"include\" is not supported",
        "{{ 'a }} ; line 1: a string has no end",
        "{{ (1 }} ; a tag has no end",
        "{% endif %} ; \"endif\" ends nothing",
        "{{ raise_exception('no system') }} ; line 1: it refuses: no system",
        "{{ range(1000000) }} ; a range has more than 100000 numbers",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }} ; it calls itself without end",
      })
  void whatFailsIsNamedWithItsLine(String template, String message) {
    assertThatThrownBy(() -> render(template, Map.of("x", Map.of())))
        .isInstanceOf(JinjaException.class)
        .hasMessageContaining(message);
  }

  @Test
  void namesTheLine() {
    assertThatThrownBy(() -> render("a\n\n{% if true %}\n{{ u.v }}\n{% endif %}", Map.of()))
        .hasMessage("line 4: u is undefined and has no v");
  }
}
