package lethe.settings;

import java.util.List;

/**
 * Everything that is wrong with a user's settings or files, one sentence per problem. It alone ends
 * the program with exit 2: whatever else is thrown is a failure of the run.
 */
public class InvalidSettings extends IllegalArgumentException {
  private final List<String> problems;

  public InvalidSettings(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One problem. */
  public InvalidSettings(String problem) {
    this(List.of(problem));
  }

  /**
   * One problem that showed itself as an exception.
   *
   * @param cause kept for whoever looks for it; a user sees the problem alone
   */
  public InvalidSettings(String problem, Throwable cause) {
    super(problem, cause);
    this.problems = List.of(problem);
  }

  /** One complete sentence per problem, in the order found. */
  public List<String> problems() {
    return problems;
  }
}
