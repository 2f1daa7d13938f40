package lethe.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Runs the cells of a notebook in Python as its kernel does: in one process, one after the other,
 * and the last value of a cell is shown. Needs a {@code python3} that has pandas. Where CI is set
 * there must be one.
 *
 * @param file of the notebook
 */
public record PythonNotebook(Path file) {
  private static final String CELLS =
      """
      import ast, json, sys

      names = {"__name__": "__main__"}
      for number, cell in enumerate(json.load(open(sys.argv[1], encoding="utf-8"))["cells"]):
          if cell["cell_type"] == "code":
              place = f"cell {number}"
              tree = ast.parse("".join(cell["source"]), place)
              shown = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
              exec(compile(tree, place, "exec"), names)
              value = shown and eval(compile(ast.Expression(shown.value), place, "eval"), names)
              if value is not None:
                  print(value)
      """;

  /**
   * @param name of a file in notebooks/
   */
  public PythonNotebook(String name) {
    this(Path.of("notebooks", name));
  }

  /** A Python with pandas on the PATH. */
  public static Optional<String> python() throws IOException, InterruptedException {
    Optional<String> found = Optional.empty();
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      String python = folder + File.separator + "python3";
      if (found.isEmpty()
          && new File(python).canExecute()
          && process(python, "-c", "import pandas").start().waitFor() == 0) {
        found = Optional.of(python);
      }
    }
    if ("true".equals(System.getenv("CI"))) {
      assertThat(found)
          .as("a python3 with pandas on the PATH (Debian: python3-pandas)")
          .isPresent();
    }
    return found;
  }

  /**
   * Runs all cells.
   *
   * @param environment by which the notebook is told its folders
   * @return what they print and show
   * @throws AssertionError when a cell fails, with Python's own words
   */
  public String run(String python, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder = process(python, "-c", CELLS, file.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError(file + " failed:\n" + said);
    }
    return said;
  }

  private static ProcessBuilder process(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(Map.of("PYTHONUTF8", "1", "MPLBACKEND", "Agg"));
    return builder;
  }
}
