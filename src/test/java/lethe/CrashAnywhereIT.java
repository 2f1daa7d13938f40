package lethe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import lethe.command.Failures;
import lethe.console.Console;
import lethe.folder.Faults;
import lethe.folder.FaultyFileSystem;
import lethe.folder.LeaseLostException;
import lethe.pipeline.Pipeline;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver that dies, or whose storage fails, at any call of the run folder's file system: the same
 * command, given again, ends with what an undisturbed run leaves. The death is a fault after which
 * every call fails, which is all that the folder sees of it.
 *
 * <p>The gate tries one call, drawn with a fixed seed. {@code jobs/crash-anywhere.sh} tries every
 * one, through the system properties {@code lethe.crash.verbs}, {@code lethe.crash.scheme} (one of
 * {@link FaultyFileSystem}, or {@code s3a}), {@code lethe.crash.how} (of {@link Faults.How}) and
 * {@code lethe.crash.points} (how many per verb, from the first to the last, as in {@code 20-39},
 * or {@code all}).
 */
class CrashAnywhereIT {
  private static final List<Verb> ORDER =
      List.of(
          Verb.PREPARE,
          Verb.PRETRAIN,
          Verb.FINETUNE,
          Verb.RETRAIN,
          Verb.UNLEARN,
          Verb.EVALUATE,
          Verb.REPORT);

  /** What of run.json depends on when, by which driver and in which place a stage was run. */
  private static final List<String> OF_THE_DRIVER = List.of("driver", "last_started");

  private static final String SCHEME = System.getProperty("lethe.crash.scheme", "crash-disk");
  private static final String POINTS = System.getProperty("lethe.crash.points", "1");
  private static final Faults.How HOW =
      Faults.How.valueOf(System.getProperty("lethe.crash.how", "stopped").toUpperCase(Locale.ROOT));
  private static final List<Verb> VERBS =
      Stream.of(System.getProperty("lethe.crash.verbs", "unlearn").split(","))
          .map(verb -> Verb.valueOf(verb.toUpperCase(Locale.ROOT)))
          .toList();

  @TempDir static Path folder;

  private static Path conf;
  private static CrashStorage run;

  /** The files of the run folder as a verb finds them. */
  private static final Map<Verb, Map<String, byte[]>> BEFORE = new EnumMap<>(Verb.class);

  @BeforeAll
  static void anUndisturbedRun() throws Exception {
    run = CrashStorage.of(SCHEME, folder);
    OneProcess.begin();
    conf = SmallRun.in(folder);
    StringBuilder more = new StringBuilder(Files.readString(conf));
    more.append("run.dir = \"%s\"\n".formatted(run.uri()));
    more.append("train { steps = 3, checkpoint-every = 1 }\n");
    if (needed(Verb.PRETRAIN)) {
      more.append("pretrain { enabled = true, model = \"%s/model\" }\n".formatted(folder));
    }
    more.append("evaluate.retrain = %s\n".formatted(VERBS.contains(Verb.RETRAIN)));
    run.hadoop()
        .forEach(
            (key, value) -> {
              System.setProperty("spark.hadoop." + key, value);
              more.append("spark.hadoop.\"%s\" = \"%s\"\n".formatted(key, value));
            });
    Files.writeString(conf, more);
    for (Verb verb : ORDER) {
      if (needed(verb)) {
        BEFORE.put(verb, run.contents());
        drive(verb);
      }
    }
  }

  private static boolean needed(Verb verb) {
    return VERBS.contains(verb)
        || verb == Verb.PREPARE
        || verb == Verb.UNLEARN
        || (verb == Verb.PRETRAIN && VERBS.contains(Verb.RETRAIN))
        || (verb == Verb.EVALUATE && VERBS.contains(Verb.REPORT));
  }

  @AfterAll
  static void forget() {
    Faults.none();
    OneProcess.end();
    run.hadoop().keySet().forEach(key -> System.clearProperty("spark.hadoop." + key));
    run.close();
  }

  @Test
  void theSameCommandEndsWithWhatAnUndisturbedRunLeaves() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Verb verb : VERBS) {
      wrong.addAll(crashes(verb));
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void aDriverWhoseFolderIsTakenOverStopsAndChangesNothingMore() {
    restore(Verb.UNLEARN);
    String other =
        "{\"host\":\"elsewhere\",\"pid\":17,\"beat\":\"\",\"driver\":9,\"beats\":1,\"token\":\"other\"}";
    Map<String, String> taken = new TreeMap<>();
    AtomicBoolean woken = new AtomicBoolean();
    PrintStream console =
        new PrintStream(OutputStream.nullOutputStream()) {
          @Override
          public void println(String line) {
            if (line.contains("step 1/3")) { // it is paused, and another driver goes on
              Map<String, byte[]> files = run.contents();
              files.put("lease.json", other.getBytes(UTF_8));
              run.replace(files);
              taken.putAll(hashes());
              try { // as for a job that Spark took while it was stopped
                new CountDownLatch(1).await(60, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                woken.set(true);
              }
            }
          }
        };
    Pipeline paused =
        new Pipeline(RunConfig.read(Verb.UNLEARN, conf, List.of()), new Console(console));
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    assertThatThrownBy(paused::run)
        .isInstanceOf(LeaseLostException.class)
        .hasMessageContaining("process 17 on elsewhere, driver 9 of the folder, has taken it over")
        .satisfies(
            e ->
                assertThat(Failures.explain(e, new PrintStream(errors, true, UTF_8))).isEqualTo(1));
    assertThat(woken).as("a driver that waits for what will not come").isTrue();
    assertThat(errors.toString(UTF_8).lines()).as("one line, no trace").hasSize(1);
    assertThat(hashes()).isEqualTo(taken);
  }

  private static Map<String, String> hashes() {
    Map<String, String> hashes = new TreeMap<>();
    run.contents().forEach((name, content) -> hashes.put(name, DigestUtils.sha256Hex(content)));
    return hashes;
  }

  /** Tries the calls of a verb; returns a sentence for each that did not end as it should. */
  private static List<String> crashes(Verb verb) throws IOException {
    restore(verb);
    Faults.plan(Long.MAX_VALUE, HOW);
    drive(verb);
    long calls = Faults.calls();
    Map<String, String> expected = outcome();
    List<String> wrong = new ArrayList<>();
    for (long n : points(calls)) {
      restore(verb);
      Faults.plan(n, HOW);
      String first;
      try {
        drive(verb);
        first = "nothing";
      } catch (Exception | AssertionError e) { // Spark's are checked but not declared
        first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      }
      String crash =
          "%s, call %d of %d, %s (%s)".formatted(verb.spelling(), n, calls, Faults.first(), first);
      Faults.none();
      System.out.println("crash-anywhere: " + crash);
      try {
        drive(verb);
        Map<String, String> found = outcome();
        if (!found.equals(expected)) {
          wrong.add(crash + ": " + differences(expected, found));
          System.out.println("crash-anywhere: wrong: " + wrong.get(wrong.size() - 1));
        }
      } catch (Exception | AssertionError e) { // Spark's are checked but not declared
        wrong.add(crash + ": the next driver failed: " + e);
        System.out.println("crash-anywhere: wrong: " + wrong.get(wrong.size() - 1));
      }
    }
    return wrong;
  }

  private static List<Long> points(long calls) {
    if (POINTS.equals("all")) {
      return LongStream.rangeClosed(1, calls).boxed().toList();
    }
    if (POINTS.contains("-")) {
      long[] ends = Stream.of(POINTS.split("-")).mapToLong(Long::parseLong).toArray();
      return LongStream.rangeClosed(ends[0], Math.min(ends[1], calls)).boxed().toList();
    }
    Random random = new Random(1);
    return Stream.generate(() -> 1 + (long) (random.nextDouble() * calls))
        .distinct()
        .limit(Math.min(calls, Long.parseLong(POINTS)))
        .toList();
  }

  private static void drive(Verb verb) {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    new Pipeline(RunConfig.read(verb, conf, List.of()), new Console(nowhere)).run();
  }

  private static void restore(Verb verb) {
    Faults.none();
    run.replace(BEFORE.get(verb));
  }

  /** What must be the same, by file. */
  private static Map<String, String> outcome() throws IOException {
    Map<String, String> outcome = new TreeMap<>();
    for (var file : run.contents().entrySet()) {
      // Spark gives its parts random names.
      String name = file.getKey().replaceAll("part-.*parquet$", "part");
      outcome.put(name, outcome(name, file.getValue()));
    }
    return outcome;
  }

  /** A file's content, without what is drawn or has the time of the run. */
  private static String outcome(String name, byte[] content) throws IOException {
    if (name.startsWith("report/") || name.endsWith("/part")) {
      return "there";
    }
    if (name.endsWith("steps.jsonl")) {
      return losses(content);
    }
    if (name.equals("run.json")) {
      return ((ObjectNode) new ObjectMapper().readTree(content)).remove(OF_THE_DRIVER).toString();
    }
    if (name.endsWith("manifest.json")) {
      JsonNode manifest = new ObjectMapper().readTree(content);
      return manifest.path("chunks_sha256").asText() + manifest.path("origin");
    }
    if (name.endsWith("evaluation.json")) {
      JsonNode evaluation = new ObjectMapper().readTree(content);
      evaluation.path("models").forEach(model -> ((ObjectNode) model).remove("parts"));
      return evaluation.toString();
    }
    return DigestUtils.sha256Hex(content);
  }

  private static String losses(byte[] steps) throws IOException {
    StringBuilder losses = new StringBuilder();
    for (String line : new String(steps, UTF_8).lines().toList()) {
      JsonNode record = new ObjectMapper().readTree(line);
      losses.append(record.path("step")).append(record.path("losses")).append('\n');
    }
    return losses.toString();
  }

  private static String differences(Map<String, String> expected, Map<String, String> found) {
    Map<String, String> names = new TreeMap<>(expected);
    names.putAll(found);
    StringBuilder text = new StringBuilder();
    for (String name : names.keySet()) {
      if (!found.containsKey(name)) {
        text.append(name).append(" is missing; ");
      } else if (!expected.containsKey(name)) {
        text.append(name).append(" is left; ");
      } else if (!found.get(name).equals(expected.get(name))) {
        text.append(name).append(" differs; ");
      }
    }
    return text.toString();
  }
}
