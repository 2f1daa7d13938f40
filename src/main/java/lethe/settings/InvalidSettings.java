package lethe.settings;

import java.util.List;

/**
 * Everything that is wrong with a user's settings or files, one sentence a problem; ends the
 * program with exit 2.
 */
public final class InvalidSettings extends IllegalArgumentException {
  private final List<String> problems;

  public InvalidSettings(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One complete sentence a problem, in the order found. */
  public List<String> problems() {
    return problems;
  }
}
