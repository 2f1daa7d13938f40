package lethe.command;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lethe.run.Verb;
import lethe.settings.NearestNames;
import lethe.settings.Printable;
import lethe.settings.Secrets;
import lethe.settings.Settings;
import lethe.spark.SparkInUse;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The whole command line: every verb is a subcommand. Exit 0: done; 1: the run failed; 2: the call,
 * a setting or a file is wrong; 3: done, but a condition that is required is not met.
 */
@Command(
    name = "submit.sh",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    synopsisSubcommandLabel = "VERB",
    versionProvider = Version.class,
    description =
        "Makes a language model forget documents, on Spark, and shows what was forgotten and what was kept.",
    commandListHeading = "%nVerbs:%n",
    footer = {
      "",
      "`submit.sh VERB --help` says what a verb takes; `submit.sh explain KEY` what a setting means.",
      "Bash completes verbs after: source <(./submit.sh generate-completion)"
    })
public final class Lethe implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** The option of the whole line and of each verb: it may be before the verb or behind it. */
  private final List<SubmitOption> submit = new ArrayList<>();

  /** What messages may show: the rule of the settings that a verb has read. */
  private Secrets secrets = Secrets.ofNothing();

  private Lethe() {}

  /**
   * Does what a command line asks for. An error of the machine's, such as too little memory, is
   * explained like any failure: threads of Spark's would keep the process otherwise.
   *
   * @return the exit code
   */
  public static int run(String... arguments) {
    PrintStream errors = Secrets.ofNothing().stream(Printable.stream(System.err));
    Optional<String> otherSpark = SparkInUse.mismatch();
    if (otherSpark.isPresent()) {
      errors.println(otherSpark.get());
      return CommandLine.ExitCode.USAGE;
    }
    try {
      return commandLine().execute(arguments);
    } catch (Error e) {
      return Failures.explain(e, errors);
    }
  }

  /** The command line with all its verbs. */
  public static CommandLine commandLine() {
    PrintStream errors = Printable.stream(System.err);
    Lethe lethe = new Lethe();
    CommandLine line = new CommandLine(lethe);
    line.addMixin("submit", lethe.submitOption());
    for (Verb verb : Verb.values()) {
      CommandLine command = new CommandLine(lethe.command(verb));
      command.addMixin("submit", lethe.submitOption());
      line.addSubcommand(verb.spelling(), command);
      UsageMessageSpec help = usage(line, verb.spelling());
      help.description(verb.summary());
      exitCodes(help);
    }
    line.addSubcommand(new HelpCommand()).addSubcommand(new GenerateCompletion());
    usage(line, "help").description("show this text, or that of a verb");
    usage(line, "generate-completion").description("print what lets bash or zsh complete verbs");
    exitCodes(line.getCommandSpec().usageMessage());
    return line.setExpandAtFiles(false)
        .setParameterExceptionHandler((e, arguments) -> refuse(e, errors))
        .setExecutionExceptionHandler(
            (e, command, parsed) -> Failures.explain(e, lethe.secrets.stream(errors)));
  }

  /** What a verb does when it is called. */
  private Callable<Integer> command(Verb verb) {
    return switch (verb) {
      case VALIDATE -> new ValidateCommand(this);
      case BENCH -> new BenchCommand(this);
      case EXPLAIN -> new ExplainCommand(this);
      case SWEEP -> new SweepCommand(this);
      case CONTINUAL -> new ContinualCommand(this);
      case NIGHTLY -> new NightlyCommand(this);
      case LEDGER -> new LedgerCommand(this);
      case CERTIFY -> new CertifyCommand();
      case VERIFY -> new VerifyCommand(this);
      case RUN, PREPARE, PRETRAIN, FINETUNE, RETRAIN, UNLEARN, PREFLIGHT, EVALUATE, REPORT ->
          new StageCommand(verb, this);
    };
  }

  private static UsageMessageSpec usage(CommandLine line, String subcommand) {
    return line.getSubcommands().get(subcommand).getCommandSpec().usageMessage();
  }

  private static void exitCodes(UsageMessageSpec help) {
    help.exitCodeListHeading("%nExit code:%n");
    help.exitCodeList(
        UsageMessageSpec.keyValuesMap(
            "0:done",
            "1:the run failed",
            "2:the call, a setting or a file is wrong, as the message says",
            "3:done, but a condition that report.require names is not met, or of ledger --overdue: a request is overdue, or of verify: the certificate does not hold"));
  }

  private SubmitOption submitOption() {
    SubmitOption option = new SubmitOption();
    submit.add(option);
    return option;
  }

  /** Keeps a run's secrets out of the messages from here on. */
  void keepSecrets(Settings settings) {
    secrets = settings.secrets();
  }

  /** Whether the arguments of spark-submit are wanted, and not the run. */
  boolean printsSubmit() {
    return submit.stream().anyMatch(SubmitOption::given);
  }

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "Missing verb; the verbs are " + verbs());
  }

  /** Prints which part of the command line cannot be read. */
  private static int refuse(ParameterException e, PrintStream errors) {
    CommandLine command = e.getCommandLine();
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()
        && command.getParent() == null) {
      String verb = unmatched.getUnmatched().get(0);
      List<String> known = Arrays.stream(Verb.values()).map(Verb::spelling).toList();
      errors.println("Unknown verb \"%s\"; the verbs are %s".formatted(verb, verbs()));
      NearestNames.close(verb, known)
          .ifPresent(nearest -> errors.println("Did you mean %s?".formatted(nearest)));
    } else {
      errors.println(e.getMessage());
      if (!UnmatchedArgumentException.printSuggestions(e, errors)) {
        command.usage(errors);
      }
    }
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static String verbs() {
    return Arrays.stream(Verb.values()).map(Verb::spelling).collect(Collectors.joining(", "));
  }
}
