package lethe.badinput;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lethe.random.SplitMix64;
import org.apache.commons.io.FileUtils;

/**
 * Ten thousand bad inputs. Each is a function of the seed and its number, and may be run alone.
 *
 * <p>What is right: exit 2, a few lines, which name the file, the folder or the setting and show no
 * stack trace, and every file as it was before; or another exit than 1, where the damage changes
 * nothing or is counted. It takes no more than some seconds, and memory that does not depend on
 * what the input claims.
 */
public final class BadInputs implements AutoCloseable {
  /** How many there are. */
  static final int ALL = 10_000;

  private static final long SEED = 16;
  private static final int MOST_LINES = 60; // a list of all methods has 43
  private static final int MOST_CHARACTERS = 1_500;
  private static final long MOST_MILLIS = 20_000;
  private static final long MOST_BYTES = 1L << 30;
  private static final long HANGS_SECONDS = 300;

  private static final Pattern TRACE =
      Pattern.compile(
          "(?m)^\\s+at [\\w.$/<>]+\\(|\\b[a-z]+(\\.[a-z]+)+\\.[A-Z]\\w*(Exception|Error)\\b|StackOverflow|OutOfMemory|: null$");

  /** The key of a setting, or the name of the run file. */
  private static final Pattern SETTING =
      Pattern.compile(
          "[a-z-]+(\\[\\d+])?\\.[a-z-\"]|(?m)^Cannot |overwrite|dry-run|key=value|Unknown key|Unknown option");

  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final FinishedRun run;
  private ExecutorService reader = newReader();

  BadInputs(Path folder) throws IOException {
    this.run = FinishedRun.in(folder);
  }

  private static ExecutorService newReader() {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, "bad-inputs");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** The kind of a bad input; those of one kind are spread over all numbers. */
  static Kind kind(int number) {
    return Kind.at((int) (number * 7_919L % ALL));
  }

  /** Damages, reads and judges; afterwards everything is as it was. */
  Outcome outcome(int number) throws IOException, InterruptedException {
    Random random = new Random(SplitMix64.mix(SEED + number * SplitMix64.GAMMA));
    try {
      Kind.Call call = kind(number).damage(run, random);
      SortedMap<String, byte[]> before = run.content();
      Answer answer = answer(call.door());
      List<String> changed = FinishedRun.differences(before, run.content());
      return new Outcome(
          kind(number),
          number,
          call.what(),
          answer.code,
          answer.output,
          answer.millis,
          fault(kind(number), call, answer, changed));
    } finally {
      run.restore();
    }
  }

  private record Answer(int code, String output, long millis, long bytes) {}

  private Answer answer(Door door) throws InterruptedException {
    PrintStream[] terminal = {System.out, System.err};
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try (PrintStream both = new PrintStream(said, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      Future<long[]> answer =
          reader.submit(
              () -> {
                long bytes = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
                long nanos = THREADS.getCurrentThreadCpuTime();
                int code = door.open();
                return new long[] {
                  code,
                  THREADS.getCurrentThreadCpuTime() - nanos,
                  THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - bytes
                };
              });
      long[] found = answer.get(HANGS_SECONDS, TimeUnit.SECONDS);
      return new Answer(
          (int) found[0], said.toString(StandardCharsets.UTF_8), found[1] / 1_000_000, found[2]);
    } catch (ExecutionException e) {
      return new Answer(
          1, said.toString(StandardCharsets.UTF_8) + "\nthrown: " + e.getCause(), 0, 0);
    } catch (TimeoutException e) {
      reader = newReader(); // nothing can end a thread that does not listen
      return new Answer(1, "no answer within " + HANGS_SECONDS + " s", HANGS_SECONDS * 1_000, 0);
    } finally {
      System.setOut(terminal[0]);
      System.setErr(terminal[1]);
    }
  }

  private static Optional<String> fault(
      Kind kind, Kind.Call call, Answer answer, List<String> changed) {
    List<String> faults = new ArrayList<>();
    if (answer.code == 1) {
      faults.add("it failed");
    }
    if (TRACE.matcher(answer.output).find()) {
      faults.add("it shows a stack trace or the name of an exception");
    }
    if (answer.code == 2) {
      if (answer.output.lines().anyMatch(line -> line.length() > MOST_CHARACTERS)) {
        faults.add("a line is too long");
      }
      boolean named =
          (call.place().isEmpty() ? SETTING : Pattern.compile(call.place()))
              .matcher(answer.output)
              .find();
      if (!named) {
        faults.add("it does not name " + (call.place().isEmpty() ? "a setting" : call.place()));
      }
      if (answer.output.lines().count() > MOST_LINES) {
        faults.add("there are too many lines");
      }
      if (!changed.isEmpty()) {
        faults.add("it changed " + changed);
      }
    }
    if (answer.millis > MOST_MILLIS) {
      faults.add("it took " + answer.millis + " ms");
    }
    if (answer.bytes > MOST_BYTES
        && kind != Kind.RUN_FILE_BOMBS) { // HOCON asks before it can be asked
      faults.add("it asked for " + (answer.bytes >> 20) + " MiB");
    }
    return faults.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", faults));
  }

  @Override
  public void close() {
    reader.shutdownNow();
  }

  /**
   * Runs all of them, or those whose numbers are given, and prints what is wrong and a table.
   *
   * @param arguments numbers; or {@code from-to}
   */
  public static void main(String[] arguments) throws Exception {
    IntStream numbers =
        arguments.length == 0
            ? IntStream.range(0, ALL)
            : List.of(arguments).stream().flatMapToInt(BadInputs::range);
    Path folder = Files.createTempDirectory("bad-inputs");
    List<Outcome> all = new ArrayList<>();
    try (BadInputs inputs = new BadInputs(folder)) {
      for (int number : numbers.toArray()) {
        Outcome outcome = inputs.outcome(number);
        all.add(outcome);
        boolean alone = arguments.length == 1 && !arguments[0].contains("-");
        if (alone || outcome.fault().isPresent()) {
          System.out.println(outcome);
        }
      }
    } finally {
      FileUtils.deleteQuietly(folder.toFile());
    }
    System.out.println("| kind | inputs | refused | accepted | slowest, ms | wrong |");
    System.out.println("|---|---|---|---|---|---|");
    for (Kind kind : Kind.values()) {
      print(
          kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
          all.stream().filter(outcome -> outcome.kind() == kind).toList());
    }
    print("all", all);
    System.exit(all.stream().anyMatch(outcome -> outcome.fault().isPresent()) ? 1 : 0);
  }

  private static IntStream range(String numbers) {
    String[] ends = numbers.split("-");
    return IntStream.range(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
  }

  private static void print(String kind, List<Outcome> outcomes) {
    System.out.printf(
        "| %s | %d | %d | %d | %d | %d |%n",
        kind,
        outcomes.size(),
        outcomes.stream().filter(Outcome::refused).count(),
        outcomes.stream().filter(outcome -> !outcome.refused()).count(),
        outcomes.stream().mapToLong(Outcome::millis).max().orElse(0),
        outcomes.stream().filter(outcome -> outcome.fault().isPresent()).count());
  }
}
