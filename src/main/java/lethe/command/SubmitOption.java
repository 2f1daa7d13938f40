package lethe.command;

import picocli.CommandLine.Option;

/** The option that submit.sh adds to any verb, before or behind it, before it starts Spark. */
final class SubmitOption {
  @Option(
      names = "--print-submit",
      hidden = true,
      description = "Check the settings and print the arguments of spark-submit.")
  private boolean given;

  /** Whether the arguments of spark-submit are wanted, and not the run. */
  boolean given() {
    return given;
  }
}
