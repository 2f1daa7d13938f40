package lethe;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lethe.bench.Bench;
import lethe.bench.BenchSettings;
import lethe.check.Findings;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.model.ModelSource;
import lethe.pipeline.Pipeline;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import lethe.settings.Settings;
import lethe.train.StoppedException;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;
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
      "  validate  check all that needs no Spark: settings, models, sources, tasks, memory; writes nothing",
      "  preflight validate, and what a running Spark can tell: whether the executors come",
      "  report    write the report from the scores",
      "  bench     measure how fast a model runs here beside matrix products; needs no Spark and no CONF",
      "",
      "Every key with its default and reason: src/main/resources/reference.conf.",
      "Exit 0: done. 1: the run failed. 2: the call, a setting or a file is wrong, as the message says.",
      "3: done, but the verdict is not the one that report.require names."
    })
public final class Main implements Callable<Integer> {
  /** Of the embedded Spark's driver, in submit.sh. */
  private static final String DRIVER_MEMORY = "2g";

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
    int code;
    try {
      code =
          new CommandLine(new Main())
              .setExpandAtFiles(false)
              .setExecutionExceptionHandler((e, command, parsed) -> explain(e, errors))
              .execute(arguments);
    } catch (Error e) { // such as too little memory; threads of Spark's would keep the process
      code = explain(e, errors);
    }
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
    RunConfig job = RunConfig.parse(asked, file, pairs);
    notices(job.settings());
    if (asked == Verb.VALIDATE) {
      return validate(job);
    }
    if (printSubmit) {
      validation(job, Validation.Phase.SUBMITTING).look().check();
      print(SubmitArguments.of(job));
      return 0;
    }
    job.settings().check();
    Optional<String> unmet = new Pipeline(job, new Console(System.out)).run();
    unmet.ifPresent(Printable.stream(System.err)::println);
    return unmet.isPresent() ? 3 : 0;
  }

  /** Once in a call of submit.sh, which starts this program twice. */
  private void notices(Settings settings) {
    if (!printSubmit) {
      settings.notices().forEach(new Console(System.out)::say);
    }
  }

  /** In this process: nothing that it looks at needs Spark. */
  private static int validate(RunConfig job) {
    Findings findings = validation(job, Validation.Phase.DRIVING).look();
    findings.check();
    Console console = new Console(System.out);
    findings.warnings().forEach(warning -> console.say("validate: " + warning));
    findings.right().forEach(right -> console.say("validate: " + right));
    console.say("validate: all checks passed; whether the executors come, preflight tells");
    return 0;
  }

  /** With what spark-submit will be told. */
  private static Validation validation(RunConfig job, Validation.Phase phase) {
    SparkConf conf = new SparkConf(false);
    SubmitArguments.settings(job).forEach(conf::set);
    boolean embedded = "true".equals(System.getenv("LETHE_EMBEDDED"));
    String memory = conf.get("spark.driver.memory", embedded ? DRIVER_MEMORY : "");
    long heap = Long.MAX_VALUE;
    try {
      heap = memory.isEmpty() ? heap : JavaUtils.byteStringAsMb(memory) << 20;
    } catch (NumberFormatException e) {
      heap = Long.MAX_VALUE; // one of the problems
    }
    return new Validation(job, conf, heap, phase);
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
    notices(settings);
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
      if (known.spelling().equals(verb)) {
        return known;
      }
    }
    String all = Arrays.stream(Verb.values()).map(Verb::spelling).collect(Collectors.joining(", "));
    throw new InvalidSettings(List.of("Unknown verb \"" + verb + "\"; the verbs are " + all));
  }

  /**
   * One message a problem when the caller or a file is wrong; the first cause and its trace when
   * the run is.
   */
  private static int explain(Throwable e, PrintStream errors) {
    Throwable wrong = find(e, InvalidSettings.class);
    if (wrong instanceof InvalidSettings invalid) {
      invalid.problems().forEach(errors::println);
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
