package lethe.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.VarSnippet;

/**
 * Runs the cells of a notebook in Java as its kernels do: in JShell, one after the other, in this
 * process. The last value of a cell is shown if it is a picture. (An import after the first
 * variable makes JShell forget the values of variables: imports belong into the first cell.)
 */
public final class Notebook {
  private static final List<RenderedImage> SHOWN = new ArrayList<>();

  /** What is printed goes through one stream for all notebooks, because Scala keeps the first. */
  private static final Relay RELAY = new Relay();

  private static final PrintStream OUT = new PrintStream(RELAY, true, StandardCharsets.UTF_8);

  private final Path file;

  /**
   * What a notebook has printed and shown.
   *
   * @param text of all cells
   * @param pictures in order
   */
  public record Output(String text, List<RenderedImage> pictures) {}

  public Notebook(Path file) {
    this.file = file;
  }

  /**
   * @param name of a file in notebooks/
   */
  public Notebook(String name) {
    this(Path.of("notebooks", name));
  }

  /** The file as JSON. */
  public JsonNode json() throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private List<String> cells() throws IOException {
    List<String> cells = new ArrayList<>();
    for (JsonNode cell : json().get("cells")) {
      if (cell.get("cell_type").asText().equals("code")) {
        cells.add(
            StreamSupport.stream(cell.get("source").spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining()));
      }
    }
    return cells;
  }

  /**
   * Runs all cells.
   *
   * @param properties of the system while they run, by which a notebook is told its folders
   * @throws AssertionError when a cell does not compile, or throws
   */
  public Output run(Map<String, String> properties) throws IOException {
    PrintStream before = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    SHOWN.clear();
    properties.forEach(System::setProperty);
    try (JShell shell = JShell.builder().executionEngine("local").build()) {
      RELAY.to = said;
      System.setOut(OUT);
      String classes =
          System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
      for (String path : classes.split(File.pathSeparator)) {
        shell.addToClasspath(path);
      }
      for (String cell : cells()) {
        evaluate(shell, cell);
      }
    } finally {
      System.setOut(before);
      RELAY.to = before;
      properties.keySet().forEach(System::clearProperty);
    }
    return new Output(said.toString(StandardCharsets.UTF_8), List.copyOf(SHOWN));
  }

  private void evaluate(JShell shell, String cell) {
    SourceCodeAnalysis analysis = shell.sourceCodeAnalysis();
    String left = cell;
    Snippet last = null;
    while (!left.isBlank()) {
      SourceCodeAnalysis.CompletionInfo next = analysis.analyzeCompletion(left);
      String source = next.source() == null ? left : next.source();
      left = next.source() == null ? "" : next.remaining();
      for (SnippetEvent event : shell.eval(source)) {
        refuseFailed(shell, event, source);
        last = event.snippet();
      }
    }
    if (last instanceof VarSnippet value
        && value.subKind() == Snippet.SubKind.TEMP_VAR_EXPRESSION_SUBKIND) {
      shell
          .eval("lethe.notebook.Notebook.show(" + value.name() + ")")
          .forEach(event -> refuseFailed(shell, event, value.source()));
    }
  }

  private void refuseFailed(JShell shell, SnippetEvent event, String source) {
    if (event.status() == Snippet.Status.REJECTED) {
      String why =
          shell
              .diagnostics(event.snippet())
              .map(d -> d.getMessage(null))
              .collect(Collectors.joining("; "));
      throw new AssertionError(file + " does not compile: " + why + "\n" + source);
    }
    if (event.exception() != null) {
      throw new AssertionError(file + " failed in\n" + source, event.exception());
    }
  }

  private static final class Relay extends OutputStream {
    private OutputStream to = System.out;

    @Override
    public void write(int b) throws IOException {
      to.write(b);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      to.write(bytes, from, count);
    }

    @Override
    public void flush() throws IOException {
      to.flush();
    }
  }

  /** Called by the cells: what a kernel would show below the cell. */
  public static void show(Object value) {
    if (value instanceof RenderedImage picture) {
      SHOWN.add(picture);
    }
  }
}
