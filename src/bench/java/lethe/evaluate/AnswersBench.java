package lethe.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lethe.generation.Answer;
import lethe.generation.GenerationSettings;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.json.Json;
import lethe.model.ModelSource;
import org.apache.hadoop.conf.Configuration;

/**
 * How fast an executor writes answers, in one thread and float32: a batch of questions of one
 * length, each with so many new tokens and no early end. With the command of {@code
 * jobs/bench-answers.py} it takes turns with Hugging Face transformers on the same token ids, so
 * that a busy machine slows both equally, and the best turn of each counts: by the clock, and by
 * the time of the processor, which other work on the machine hardly changes. Started by {@code
 * jobs/bench-answers.sh}.
 */
public final class AnswersBench {
  private final ModelKey model;
  private final int batch;
  private final int newTokens;

  private AnswersBench(String model, int batch, int newTokens) {
    this.model =
        ModelKey.of(
            new ModelSource(Path.of(model).toAbsolutePath().toString(), Map.of()),
            ComputeSettings.cpu(1));
    this.batch = batch;
    this.newTokens = newTokens;
  }

  /**
   * @param arguments the model's folder, a file of questions, how many are answered together, new
   *     tokens of each answer, turns, a file for the token ids, and the command that starts
   *     transformers; without one Lethe is measured alone
   */
  public static void main(String[] arguments) throws Exception {
    new AnswersBench(arguments[0], Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]))
        .run(
            arguments[1],
            Integer.parseInt(arguments[4]),
            Path.of(arguments[5]),
            Arrays.asList(arguments).subList(6, arguments.length));
    System.exit(0); // the thread of the loaded model may still live
  }

  private void run(String questions, int turns, Path ids, List<String> command) throws Exception {
    List<Prompt> prompts = prompts(questions);
    int context = model.source().architecture().context().tokens();
    int length = prompts.get(0).tokens().length;
    if (length + newTokens > context) {
      throw new IllegalArgumentException(
          "Cannot write %d tokens after %d: the model's context is %d"
              .formatted(newTokens, length, context));
    }
    System.out.printf(
        Locale.ROOT,
        "%s, %.1f million parameters: %d questions of %d tokens, %d new tokens each, one thread%n",
        model.source().path(),
        model.source().architecture().elements() / 1e6,
        batch,
        length,
        newTokens);
    Files.writeString(
        ids, Json.MAPPER.writeValueAsString(prompts.stream().map(Prompt::tokens).toList()));
    try (Other other = command.isEmpty() ? null : new Other(command)) {
      Rates own = Rates.NONE;
      Rates theirs = Rates.NONE;
      for (int turn = -1; turn < turns; turn++) { // the first is warm-up
        long worked = processor();
        long begun = System.nanoTime();
        List<Answer> answers =
            LoadedModel.with(
                model,
                m -> Generator.answers(m, prompts, GenerationSettings.greedy(newTokens, batch)));
        Rates here = new Rates(rate(System.nanoTime() - begun), rate(processor() - worked));
        Other.Turn there = other == null ? null : other.turn();
        if (turn < 0) {
          if (there != null) {
            System.out.printf("answers alike: %d of %d%n", alike(answers, there.ids()), batch);
          }
          continue;
        }
        own = own.best(here);
        System.out.printf("  turn %d: Lethe %s", turn + 1, here);
        if (there != null) {
          Rates rates = new Rates(rate(there.nanos()), rate(there.processorNanos()));
          theirs = theirs.best(rates);
          System.out.printf(", transformers %s", rates);
        }
        System.out.println();
      }
      System.out.printf("best: Lethe %s", own);
      if (other != null) {
        System.out.printf(
            Locale.ROOT,
            ", transformers %s; ratio %.2f (%.2f)",
            theirs,
            own.clock / theirs.clock,
            own.processor / theirs.processor);
      }
      System.out.println("; tokens/s, in brackets by the time of the processor");
    }
  }

  /** Of the whole process, in nanoseconds. */
  private static long processor() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /**
   * Tokens per second.
   *
   * @param clock by the clock
   * @param processor by the time of the processor
   */
  private record Rates(double clock, double processor) {
    static final Rates NONE = new Rates(0, 0);

    Rates best(Rates other) {
      return new Rates(Math.max(clock, other.clock), Math.max(processor, other.processor));
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%6.0f (%6.0f)", clock, processor);
    }
  }

  private double rate(long nanos) {
    return (double) batch * newTokens / (nanos / 1e9);
  }

  private static int alike(List<Answer> own, List<List<Integer>> theirs) {
    int alike = 0;
    for (int i = 0; i < own.size(); i++) {
      int[] other = theirs.get(i).stream().mapToInt(Integer::intValue).toArray();
      alike += Arrays.equals(own.get(i).tokens(), other) ? 1 : 0;
    }
    return alike;
  }

  /** The first questions of the length that most have, as the plain template writes them. */
  private List<Prompt> prompts(String path) {
    QuestionSet set = new QuestionSet("questions", path, QuestionSet.Use.RETAIN, Map.of(), null);
    List<Question> questions =
        new QuestionFile(set, new lethe.folder.Files(new Configuration())).questions();
    Map<Integer, List<Prompt>> byLength = new TreeMap<>();
    LoadedModel.with(
        model,
        m -> {
          for (Question question : questions) {
            int[] tokens =
                m.text().orElseThrow().tokens("Question: " + question.question() + "\nAnswer:");
            byLength
                .computeIfAbsent(tokens.length, l -> new ArrayList<>())
                .add(new Prompt(question.id(), tokens));
          }
          return null;
        });
    List<Prompt> most =
        byLength.values().stream().max(Comparator.comparingInt(List::size)).orElseThrow();
    if (most.size() < batch) {
      throw new IllegalArgumentException(
          "Cannot answer %d questions of one length together: %s has at most %d"
              .formatted(batch, path, most.size()));
    }
    return most.subList(0, batch);
  }

  /** The process that is measured beside this one: a turn for each line that it is sent. */
  private static final class Other implements AutoCloseable {
    private final Process process;
    private final PrintWriter to;
    private final BufferedReader from;

    /**
     * @param nanos that it took
     * @param processorNanos of the processor
     * @param ids of the answers
     */
    record Turn(long nanos, long processorNanos, List<List<Integer>> ids) {}

    Other(List<String> command) throws IOException {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      to = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
      from =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    Turn turn() throws IOException {
      to.println();
      String line = from.readLine();
      if (line == null) {
        throw new IllegalStateException("Cannot compare: the other process ended");
      }
      JsonNode turn = Json.MAPPER.readTree(line);
      List<List<Integer>> ids = new ArrayList<>();
      for (JsonNode answer : turn.path("ids")) {
        List<Integer> own = new ArrayList<>();
        answer.forEach(id -> own.add(id.asInt()));
        ids.add(own);
      }
      return new Turn(nanos(turn, "seconds"), nanos(turn, "processor"), ids);
    }

    private static long nanos(JsonNode turn, String seconds) {
      return (long) (turn.path(seconds).asDouble() * 1e9);
    }

    @Override
    public void close() {
      to.close(); // ends it
      process.onExit().join();
    }
  }
}
