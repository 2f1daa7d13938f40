package lethe.corpus.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonLineTest {
  private static final Source SOURCE =
      new Source(
          "a.jsonl",
          Source.JSON,
          null,
          Map.of(),
          "arxiv",
          new MemberPath(List.of("text"), false),
          new MemberPath(List.of("meta.id"), true),
          null,
          new MemberPath(List.of("url", "meta.url"), false));

  @Test
  void takesIdAndTextAtTheirPlaces() {
    JsonLine line = parse("{\"text\": \"caf\u00e9\", \"meta\": {\"id\": \"a/1\"}}");
    assertThat(line.reason()).isNull();
    assertThat(line.id()).isEqualTo("a/1");
    assertThat(line.text()).isEqualTo("caf\u00e9");
  }

  @Test
  void aNumberIsAnId() {
    assertThat(parse("{\"text\": \"x\", \"meta\": {\"id\": 17}}").id()).isEqualTo("17");
  }

  @Test
  void takesATextLongerThanJacksonsOwnLimit() {
    String text = "0123456789".repeat(2_100_000);
    assertThat(parse("{\"text\": \"" + text + "\", \"meta\": {\"id\": 1}}").text()).isEqualTo(text);
  }

  @Test
  void saysWhatIsWrong() {
    assertRejected(
        "{\"text\": \"x\"",
        "not JSON",
        "column 13: it ends within a value; an object must be on one line");
    assertRejected(
        "{\"text\": \"x\"} {}",
        "not JSON",
        "something follows the object; write one object per line");
    // Versions of the JSON library differ in which column they name here.
    assertRejected("{\"text\": 'x'}", "not JSON", ": Unexpected character (''' (code 39))");
    assertRejected("{\"text\": x}", "not JSON", ": Unrecognized token 'x'");
    assertRejected("{\0\"", "not UTF-8", "a NUL at byte 1");
    assertRejected("[1]", "not an object", "a JSON array");
    assertRejected("{\"text\": \"x\"}", "no id", "meta.id is missing");
    assertRejected("{\"text\": \"x\", \"meta\": {\"id\": \" \"}}", "no id", "meta.id is empty");
    assertRejected(
        "{\"text\": \"x\", \"meta\": {\"id\": [1]}}",
        "no id",
        "meta.id is array, but an id is text or a whole number");
    assertRejected(
        "{\"text\": \"x\", \"meta\": {\"id\": 1.0}}",
        "no id",
        "meta.id is 1.0, but an id is text or a whole number");
    assertRejected("{\"meta\": {\"id\": 1}}", "no text", "text is missing");
    assertRejected("{\"text\": null, \"meta\": {\"id\": 1}}", "no text", "text is null");
    assertRejected("{\"text\": \"\", \"meta\": {\"id\": 1}}", "no text", "text is empty");
    assertRejected("{\"text\": 5, \"meta\": {\"id\": 1}}", "no text", "text is number");
    assertRejected(
        "{\"text\": \"ab\\ud800c\", \"meta\": {\"id\": 1}}", "lone surrogate", "UTF-16 unit 2");
  }

  @Test
  void bytesThatAreNotUtf8AreRejected() {
    byte[] latin = "{\"text\": \"caf\u00e9!\", \"meta\": {\"id\": 1}}".getBytes(ISO_8859_1);
    assertThat(JsonLine.parse(latin, SOURCE, Map.of()).reason()).isEqualTo("not UTF-8");
  }

  @Test
  void membersOfAnyKindBecomeText() {
    SourceColumns columns =
        SourceColumns.at(
            List.of(
                List.of("meta", "stars"),
                List.of("meta", "tags"),
                List.of("meta", "none"),
                List.of("meta", "text", "deep"),
                List.of("kind")));
    JsonLine line =
        parse(
            "{\"kind\": \"paper\", \"meta\": {\"stars\": 7, \"tags\": [\"a\"], \"text\": \"flat\"}}");
    assertThat(columns.schema().simpleString())
        .isEqualTo(
            "struct<kind:string,meta:struct<none:string,stars:string,tags:string,text:struct<deep:string>>>");
    assertThat(columns.of(line.object()).toString()).isEqualTo("[paper,[null,7,[\"a\"],null]]");
  }

  private static void assertRejected(String line, String reason, String detail) {
    JsonLine parsed = parse(line);
    assertThat(parsed.reason()).as(line).isEqualTo(reason);
    assertThat(parsed.detail())
        .as(line)
        .contains(detail)
        .doesNotContain("Feature")
        .doesNotContain("allow");
    assertThat(parsed.text()).isNull();
  }

  private static JsonLine parse(String line) {
    return JsonLine.parse(line.getBytes(UTF_8), SOURCE, Map.of());
  }
}
