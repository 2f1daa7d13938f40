package lethe.command;

import picocli.CommandLine.Option;

/** What submit.sh asks of any verb before it starts Spark, before the verb or behind it. */
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
