package lethe.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The notebooks as files; {@code lethe.SweepIT} runs them. */
class NotebookTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"corpus.ipynb", "run.ipynb", "compare.ipynb", "run-python.ipynb"})
  void aNotebookIsStoredWithoutOutputs(String name) throws IOException {
    JsonNode notebook = new Notebook(name).json();
    assertThat(notebook.get("nbformat").asInt()).isEqualTo(4);
    assertThat(notebook.get("cells")).isNotEmpty();
    for (JsonNode cell : notebook.get("cells")) {
      assertThat(cell.get("id").asText()).isNotBlank();
      if (cell.get("cell_type").asText().equals("code")) {
        assertThat(cell.get("outputs")).isEmpty();
        assertThat(cell.get("execution_count").isNull()).isTrue();
      }
    }
  }

  @Test
  void allNotebooksAreLookedAt() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("notebooks"))) {
      List<String> names =
          files.map(f -> f.getFileName().toString()).filter(n -> n.endsWith(".ipynb")).toList();
      assertThat(names)
          .containsExactlyInAnyOrder(
              "corpus.ipynb", "run.ipynb", "compare.ipynb", "run-python.ipynb");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "int half = 1 / (2 - 2);, failed in",
    "int half = noSuch;, does not compile: cannot find symbol"
  })
  void aCellThatFailsFailsTheNotebook(String cell, String how) throws IOException {
    Path file = Files.writeString(folder.resolve("bad.ipynb"), notebook("int one = 1;", cell));
    assertThatThrownBy(() -> new Notebook(file).run(Map.of()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("bad.ipynb " + how)
        .hasMessageContaining(cell);
  }

  @Test
  void cellsShareTheirNamesAndPicturesAreShown() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("good.ipynb"),
            notebook(
                "int wide = Integer.getInteger(\"lethe.wide\");\nfor (int i = 0; i < 2; i++) {\n  System.out.println(\"line \" + i);\n}",
                "new java.awt.image.BufferedImage(wide, 2, 1)",
                "new java.awt.image.BufferedImage(wide, 2, 1).getWidth()"));
    Notebook.Output output = new Notebook(file).run(Map.of("lethe.wide", "7"));
    assertThat(output.text()).isEqualToNormalizingNewlines("line 0\nline 1\n");
    assertThat(output.pictures())
        .singleElement()
        .satisfies(p -> assertThat(p.getWidth()).isEqualTo(7));
    assertThat(System.getProperty("lethe.wide")).isNull();
  }

  @Test
  void cellsInPythonShareTheirNamesAndAFailureIsPythonsOwn() throws Exception {
    Optional<String> python = PythonNotebook.python();
    if (python.isEmpty()) {
      return;
    }
    Path good =
        Files.writeString(
            folder.resolve("good.ipynb"),
            notebook(
                "import os\nwide = int(os.environ['WIDE'])\nprint('first')", "wide + 1", "wide"));
    assertThat(new PythonNotebook(good).run(python.get(), Map.of("WIDE", "7")))
        .isEqualToNormalizingNewlines("first\n8\n7\n");
    Path bad = Files.writeString(folder.resolve("bad.ipynb"), notebook("one = 1", "one / 0"));
    assertThatThrownBy(() -> new PythonNotebook(bad).run(python.get(), Map.of()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("bad.ipynb failed")
        .hasMessageContaining("File \"cell 1\", line 1")
        .hasMessageContaining("ZeroDivisionError");
  }

  private static String notebook(String... cells) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ArrayNode all = json.createArrayNode();
    for (String cell : cells) {
      all.addObject().put("cell_type", "code").putArray("source").add(cell);
    }
    return json.writeValueAsString(Map.of("cells", all));
  }
}
