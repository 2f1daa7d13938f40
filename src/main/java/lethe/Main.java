package lethe;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import lethe.settings.Settings;
import lethe.train.Bench;
import lethe.train.BenchSettings;
import lethe.train.StoppedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command line. Exit 0: done; 1: the run failed; 2: the caller or a file is wrong; 3: done, but
 * not with the verdict required.
 */
@Command(
    name = "submit.sh",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    versionProvider = Main.Version.class,
    description =
        "Makes a language model forget documents, on Spark, and shows what was forgotten and what was kept.",
    footerHeading = "%nVerbs:%n",
    footer = {
      "  run       everything in order: prepare, pretrain (if enabled), unlearn, evaluate, report",
      "  prepare   read the sources, split, tokenize, and write the chunks",
      "  pretrain  train a model from random weights on splits of the corpus",
      "  finetune  train the model on splits of the corpus, by plain descent",
      "  retrain   train as pretrain did, from the same weights, without the documents to forget",
      "  unlearn   make the model forget",
      "  evaluate  score the original and the unlearned model on every split",
      "  preflight check that the cluster, the folders and the models are fit for a run",
      "  report    write the report from the scores",
      "  bench     measure how fast a model runs here beside matrix products; needs no Spark and no CONF",
      "",
      "Every key with its default and reason: src/main/resources/reference.conf.",
      "Exit 0: done. 1: the run failed. 2: the call, a setting or a file is wrong; nothing was written.",
      "3: done, but the verdict is not the one that report.require names."
    })
public final class Main implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "VERB", description = "What to do.")
  private String verb;

  @Parameters(index = "1", paramLabel = "CONF", arity = "0..1", description = "A run file (HOCON).")
  private Path file;

  @Parameters(
      index = "2..*",
      paramLabel = "key=value",
      arity = "0..*",
      description = "Settings that win over the run file.")
  private List<String> pairs = List.of();

  @Option(
      names = "--print-submit",
      hidden = true,
      description = "Check the settings and print the arguments of spark-submit.")
  private boolean printSubmit;

  public static void main(String[] arguments) {
    PrintStream errors = Printable.stream(System.err);
    int code =
        new CommandLine(new Main())
            .setExecutionExceptionHandler((e, command, parsed) -> explain(e, errors))
            .execute(arguments);
    System.out.flush();
    // Spark's barrier machinery leaves a thread that is not a daemon.
    System.exit(code);
  }

  @Override
  public Integer call() {
    Verb asked = verb();
    if (asked == Verb.BENCH) {
      return bench();
    }
    if (file == null) {
      throw new InvalidSettings(
          List.of(
              "Cannot %s: no run file is given, as in %s conf/quickstart.conf"
                  .formatted(verb, verb)));
    }
    Job job = Job.read(asked, file, pairs);
    if (printSubmit) {
      print(SubmitArguments.of(job));
      return 0;
    }
    Optional<String> unmet = new Stages(job, new Console(System.out)).run();
    unmet.ifPresent(Printable.stream(System.err)::println);
    return unmet.isPresent() ? 3 : 0;
  }

  private static void print(List<String> submitArguments) {
    System.out.print(submitArguments.stream().map(a -> a + "\0").collect(Collectors.joining()));
  }

  /** Needs no run file; a first argument with a '=' is a setting. */
  private int bench() {
    List<String> all = new ArrayList<>(pairs);
    Path conf = file;
    if (file != null && file.toString().contains("=")) {
      all.add(0, file.toString());
      conf = null;
    }
    Settings settings = conf == null ? Settings.of(all) : Settings.load(conf, all);
    BenchSettings bench = BenchSettings.read(settings.root());
    settings.check();
    if (printSubmit) {
      print(SubmitArguments.environmentOf(bench.compute().threads()));
      return 0;
    }
    Bench.Result result =
        new Bench(bench, bench.model().map(m -> new ModelSource(m, Map.of()))).run();
    System.out.print(result.table());
    bench.json().ifPresent(result::write);
    return 0;
  }

  private Verb verb() {
    for (Verb known : Verb.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(verb)) {
        return known;
      }
    }
    String all =
        Arrays.stream(Verb.values())
            .map(v -> v.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw new InvalidSettings(List.of("Unknown verb \"" + verb + "\"; the verbs are " + all));
  }

  /**
   * One message a problem when the caller or a file is wrong; the first cause and its trace when
   * the run is.
   */
  private static int explain(Exception e, PrintStream errors) {
    Throwable wrong = find(e, InvalidSettings.class);
    if (wrong instanceof InvalidSettings invalid) {
      invalid.problems().forEach(errors::println);
      return 2;
    }
    if (e instanceof IllegalArgumentException) {
      errors.println(e.getMessage());
      return 2;
    }
    if (e instanceof StoppedException) {
      errors.println(e.getMessage());
      return 1;
    }
    Throwable first = e;
    while (first.getCause() != null
        && first.getCause() != first
        && !(first instanceof UncheckedIOException)) { // which names the file
      first = first.getCause();
    }
    String cause = firstCause(first);
    errors.println("The run failed: " + cause);
    if (cause.contains("No space left on device")) {
      errors.println("Make room there; the same command then goes on where this one ended.");
    }
    e.printStackTrace(errors);
    return 1;
  }

  /**
   * Spark tells an executor's failure as text, its own words first and the cause on the next line.
   */
  private static String firstCause(Throwable first) {
    String message = String.valueOf(first.getMessage());
    return message
        .lines()
        .filter(line -> line.matches("\\S+(Exception|Error|InvalidSettings): .*"))
        .findFirst()
        .orElse(message.lines().findFirst().orElse(message));
  }

  private static Throwable find(Throwable e, Class<? extends Throwable> type) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (type.isInstance(at)) {
        return at;
      }
    }
    return null;
  }

  /** The version the jar's manifest states. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"lethe " + (version == null ? "(not built as a jar)" : version)};
    }
  }
}
