package lethe.command;

import java.time.Clock;
import java.util.concurrent.Callable;
import lethe.nightly.LedgerQuery;
import lethe.run.Verb;
import lethe.settings.Printable;
import lethe.settings.Settings;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The verb ledger. It reads, and needs no Spark. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class LedgerCommand implements Callable<Integer> {
  private final Lethe lethe;

  @Mixin private RunArguments run;

  @ArgGroup private What what = new What();

  /** What is asked; without any of these, all requests. */
  static final class What {
    @Option(
        names = "--request",
        paramLabel = "ID",
        description = "All that the ledger has on one request.")
    private String request;

    @Option(
        names = "--overdue",
        description = "Only open requests whose due day is over; exit 3 if there are any.")
    private boolean overdue;

    @Option(names = "--verify", description = "Check the chain and print its last hash.")
    private boolean verify;

    @Option(
        names = "--export",
        paramLabel = "FILE",
        description = "Write a copy for readers outside of the house, without names of documents.")
    private String export;

    @Option(
        names = "--verify-copy",
        paramLabel = "FILE",
        description = "Check such a copy; needs no key.")
    private String copy;
  }

  LedgerCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(Verb.LEDGER);
    lethe.keepSecrets(settings);
    LedgerQuery.Answer answer = answer(new LedgerQuery(settings, Clock.systemUTC()));
    answer.lines().forEach(Printable.stream(System.out)::println);
    return answer.met() ? 0 : 3;
  }

  private LedgerQuery.Answer answer(LedgerQuery query) {
    if (what.request != null) {
      return query.request(what.request);
    }
    if (what.export != null) {
      return query.export(what.export);
    }
    if (what.copy != null) {
      return query.verifyCopy(what.copy);
    }
    if (what.verify) {
      return query.verify();
    }
    return what.overdue ? query.overdue() : query.all();
  }
}
