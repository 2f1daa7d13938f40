package lethe.badinput;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import lethe.SmallRun;
import lethe.corpus.Manifest;
import lethe.corpus.duplicate.Repeat;
import lethe.evaluate.ChunkScore;
import lethe.evaluate.Continuation;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.DivergenceScore;
import lethe.evaluate.DocumentsToDecide;
import lethe.evaluate.DomainVerdict;
import lethe.evaluate.EntropyGap;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ForgottenDocument;
import lethe.evaluate.Histogram;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.MemoryComparison;
import lethe.evaluate.MemoryScore;
import lethe.evaluate.Nearer;
import lethe.evaluate.RequestScore;
import lethe.evaluate.SplitScore;
import lethe.evaluate.TaskScore;
import lethe.evaluate.VerbatimScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.KolmogorovSmirnov;
import lethe.evaluate.metric.RocCurve;
import lethe.folder.RunFolder;
import lethe.model.checkpoint.ModelOrigin;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.spark.SparkInUse;
import lethe.target.Outcome;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;

/**
 * A run file with all that it names, and the folder of a run that has ended, before and after they
 * are damaged. No model was trained for it: its files are only as a run writes them.
 *
 * @param folder of all files
 * @param whole content of each file by its name in the folder; null for a folder
 */
public record FinishedRun(Path folder, SortedMap<String, byte[]> whole) {
  /** Files above this size are damaged ones; their content is not looked at. */
  private static final long MOST_BYTES = 10_000_000;

  private static final List<String> SPLITS = List.of("approximate", "forget", "retain");

  public static FinishedRun in(Path folder) throws IOException {
    Path conf = SmallRun.in(folder);
    FileUtils.deleteDirectory(folder.resolve("weights").toFile());
    Files.writeString(
        folder.resolve("tasks.jsonl"),
        "{\"query\": \"2 + 2?\", \"choices\": [\"3\", \"4\"], \"gold\": 1}\n".repeat(3));
    Files.writeString(
        folder.resolve("rejections.txt"), "I do not know.\nThat is not known to me.\n");
    Files.writeString(folder.resolve("ids.txt"), "nowhere\n{\"id\": \"nothing\"}\n17\n");
    Files.writeString(
        folder.resolve("ids.json"),
        "{\"forget\": {\"ids\": [\"nowhere\", 2, {\"more\": [\"3\"]}]}}");
    Files.writeString(
        folder.resolve("requests.jsonl"),
        "{\"request\": \"r1\", \"document\": \"nowhere\", \"domain\": \"paper\"}\n{\"request\": \"r2\", \"url\": \"https://nowhere\"}\n");
    Files.writeString(
        conf,
        Files.readString(conf)
            + "evaluate.tasks = [{ name = sums, path = \"%1$s/tasks.jsonl\" }]\nunlearn.rejections = \"%1$s/rejections.txt\"\nreport.pretraining-tokens = 1e9\n"
                .formatted(folder));
    FinishedRun run = new FinishedRun(folder, new TreeMap<>());
    run.finish(RunConfig.read(Verb.REPORT, conf, List.of(run.finished())));
    run.whole.putAll(run.content());
    return run;
  }

  /** The setting that names the folder of the run that has ended. */
  String finished() {
    return "run.dir=" + folder.resolve("finished");
  }

  Path conf() {
    return folder.resolve("small.conf");
  }

  private void finish(RunConfig config) throws IOException {
    RunFolder run = RunFolder.of(config.runDir(), new Configuration());
    new Provenance(config, run)
        .write(new SparkInUse("3.5.0", "none", "ordinary"), Clock.systemUTC());
    manifest(run.files().sha256(new org.apache.hadoop.fs.Path(config.model(), "tokenizer.json")))
        .write(run);
    Path model = folder.resolve("finished/model");
    FileUtils.copyDirectory(folder.resolve("model").toFile(), model.toFile());
    org.apache.hadoop.fs.Path written = run.model();
    SortedMap<String, String> digests = ModelOrigin.digests(written, run.files());
    ModelOrigin.Inputs made =
        new ModelOrigin.Inputs(
            "unlearn",
            "ab",
            new TreeMap<>(Map.of("original", "aa", "start", "aa")),
            run.files().readJson(run.provenance()));
    run.files()
        .writeJson(
            new org.apache.hadoop.fs.Path(written, ModelOrigin.FILE),
            new ModelOrigin(1, made, digests));
    run.files().writeJson(run.evaluation(), evaluation(ModelOrigin.fingerprint(digests)));
    String asked = "{\"documents\": 3, \"chunks\": 5, \"tokens\": 1005}";
    run.files()
        .writeText(
            run.coverage(),
            "{\"version\": 1, \"steps\": 2, \"asked\": %1$s, \"trained\": %1$s}".formatted(asked));
    run.files()
        .writeText(
            run.stop(),
            "{\"target\": 4.0, \"targets\": {\"paper\": 4.0}, \"band\": 0.15, \"most_steps\": 9, \"steps\": 2, \"best_step\": 2, \"outcome\": \"matched\", \"probes\": [{\"step\": 0, \"nll\": 2.0, \"distance\": -2.0, \"domains\": {\"paper\": 2.0}, \"weights\": {\"paper\": 1.0}}]}");
    run.files()
        .writeText(
            run.rangeTest(),
            "{\"version\": 1, \"made\": {}, \"rate\": 1e-4, \"finding\": \"rates\", \"factors\": 9.0, \"curve\": {\"target\": 4.0, \"band\": 0.075, \"uniform_nll\": 8.0, \"points\": [{\"steps\": 0, \"learning_rate\": 0.0, \"sum_of_rates\": 0.0, \"nll\": 2.0, \"losses\": {\"forget.npo\": 2.0}}]}}");
    run.files().writeText(run.steps("unlearn"), step(1) + step(2));
    int code = Door.verb("report", conf().toString(), finished());
    if (code != 0) {
      throw new IllegalStateException("the report of a run that is right ends with " + code);
    }
  }

  private static String step(int step) {
    return "{\"step\": %d, \"losses\": {\"forget.npo\": 2.0}, \"counts\": {\"forget.npo\": 10}, \"grad_norm\": 1.0, \"learning_rate\": 1e-5, \"tokens\": 100, \"seconds\": 0.5, \"launch\": 0, \"attempt\": 0, \"driver\": 1}\n"
        .formatted(step);
  }

  private static Manifest manifest(String tokenizer) {
    Manifest.Lengths lengths = new Manifest.Lengths(1, 2, 3, 4, 5);
    return new Manifest(
        Manifest.VERSION,
        64,
        5,
        42,
        tokenizer,
        null,
        "huggingface",
        List.of(),
        null,
        "ab",
        12,
        Map.of("paper", Map.of("not JSON", 1L)),
        SPLITS.stream()
            .map(split -> new Manifest.Count(split, "paper", 3, 0, 5, 1005, lengths))
            .toList(),
        List.of(new Repeat("retain", "paper", "forget", "exact", "dropped", 1)),
        0,
        List.of("a warning"),
        List.of(new Manifest.Part("chunks/split=forget/domain=paper/part.parquet", 17, "ab")),
        List.of(new Manifest.Part("corpus-documents/part.parquet", 17, "ab")),
        null);
  }

  private static Evaluation evaluation(String fingerprint) {
    List<String> models = List.of("original", "unlearned");
    Interval interval = new Interval(-0.5, 0.5);
    SplitScore.Intervals intervals =
        new SplitScore.Intervals(interval, interval, interval, interval);
    return new Evaluation(
        Evaluation.VERSION,
        new Evaluation.Asked("ab", Map.of(), List.of(), 8, "float32", 0.15, false, 42, null),
        List.of(
            new Evaluation.Model(
                "original", "/m/o", "aa", 5_000, List.of("scores/original/part.parquet")),
            new Evaluation.Model("unlearned", "/m/u", fingerprint, 5_000, List.of())),
        models.stream()
            .flatMap(
                model ->
                    SPLITS.stream()
                        .flatMap(
                            split ->
                                Stream.of("*", "paper")
                                    .map(
                                        domain ->
                                            new SplitScore(
                                                model, split, domain, 3, 5, 1000, 4.0, 54.6, 55.0,
                                                0.5, intervals))))
            .toList(),
        models.stream()
            .map(
                model ->
                    new MembershipScore(
                        model,
                        "paper",
                        "loss",
                        3,
                        3,
                        1,
                        0.6,
                        interval,
                        null,
                        0.1,
                        null,
                        0.9,
                        0.1,
                        0.2,
                        0.3,
                        0.6,
                        -33.0,
                        List.of(new RocCurve.Point(0, 0), new RocCurve.Point(1, 1))))
            .toList(),
        models.stream()
            .map(model -> new MemoryScore(model, "forget", "paper", 0.1, 5, 1, 3, 4))
            .toList(),
        List.of(new MemoryComparison("unlearned", "paper", 0.1, 0.1, 0, interval, 0.2, null)),
        List.of("book"),
        models.stream().map(model -> new TaskScore(model, "sums", 3, 0.5, 0.5, interval)).toList(),
        models.stream()
            .map(
                model ->
                    new Histogram(
                        model, "forget", "*", 0.25, List.of(1L, 2L, 3L), List.of(0.5, 0.5)))
            .toList(),
        List.of(
            new DistanceToRetrained(
                "unlearned",
                4.0,
                4.1,
                -0.1,
                new KolmogorovSmirnov(0.1, 0.5),
                0.2,
                0.1,
                List.of(
                    new DivergenceScore(
                        "forget",
                        "*",
                        3,
                        1000,
                        0.3,
                        0.05,
                        0.5,
                        0.1,
                        new Nearer(-0.5, new Interval(-0.75, -0.25), Nearer.Comparison.NEARER))))),
        List.of(
            new EntropyGap(
                "unlearned",
                "*",
                3.5,
                2.5,
                1.0,
                new Interval(0.5, 1.5),
                EntropyGap.Sureness.FLATTER)),
        List.of(
            new Verdict(
                "unlearned",
                Outcome.MATCHED,
                4.0,
                4.0,
                0.0,
                interval,
                0.15,
                3,
                3,
                List.of("book"),
                List.of("paper"),
                new DocumentsToDecide(20, 30))),
        List.of(
            new DomainVerdict(
                "unlearned",
                "paper",
                Outcome.UNDECIDED,
                4.0,
                4.0,
                0.0,
                interval,
                0.15,
                3,
                3,
                new DocumentsToDecide(20, 30),
                "it crosses an edge")),
        List.of(
            new RequestScore(
                "r1",
                1,
                100,
                Map.of("original", 2.0, "unlearned", 4.0),
                Outcome.MATCHED,
                Map.of("matched", 1L),
                List.of("nowhere"))),
        List.of(
            new ForgottenDocument(
                "paper",
                "a",
                List.of("r1"),
                2,
                100,
                Map.of("original", 2.0, "unlearned", 4.0),
                interval,
                Map.of("unlearned", Outcome.MATCHED))),
        models.stream()
            .map(
                model ->
                    new ChunkScore(
                        model,
                        "forget",
                        "*",
                        5,
                        0.5,
                        List.of(new ChunkScore.Lowest(30, 99.0, 0.25))))
            .toList(),
        models.stream()
            .map(
                model ->
                    new VerbatimScore(
                        model, "forget", "*", 5, 41.5, 0.5, 0.25, "higher: more is known by heart"))
            .toList(),
        List.of(new Continuation("unlearned", "paper", "a", 0, "before", "truth", "written", 1)),
        List.of());
  }

  byte[] read(String name) {
    return whole.get(name);
  }

  void write(String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }

  void write(String name, String content) throws IOException {
    write(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Makes a file of so many bytes that takes no room on a disk. */
  void inflate(String name, long bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
      file.setLength(bytes);
    }
  }

  void delete(String name) throws IOException {
    FileUtils.forceDelete(folder.resolve(name).toFile());
  }

  /** The files and folders that are there now. */
  SortedMap<String, byte[]> content() throws IOException {
    SortedMap<String, byte[]> content = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.filter(p -> !p.equals(folder)).toList()) {
        content.put(
            folder.relativize(path).toString(),
            Files.isDirectory(path)
                ? null
                : Files.size(path) > MOST_BYTES ? new byte[] {1} : Files.readAllBytes(path));
      }
    }
    return content;
  }

  /** What was there in one and not in the other, or with other content. */
  static List<String> differences(SortedMap<String, byte[]> before, SortedMap<String, byte[]> now) {
    SortedMap<String, byte[]> all = new TreeMap<>(before);
    all.putAll(now);
    return all.keySet().stream()
        .filter(
            name ->
                !before.containsKey(name)
                    || !now.containsKey(name)
                    || !Arrays.equals(before.get(name), now.get(name)))
        .toList();
  }

  /** Makes everything as it was before it was damaged. */
  void restore() throws IOException {
    SortedMap<String, byte[]> now = content();
    for (String name : differences(whole, now)) {
      Path path = folder.resolve(name);
      if (Files.exists(path)) {
        FileUtils.forceDelete(path.toFile());
      }
    }
    for (Map.Entry<String, byte[]> entry : whole.entrySet()) {
      Path path = folder.resolve(entry.getKey());
      if (entry.getValue() == null) {
        Files.createDirectories(path);
      } else if (!Files.exists(path)) {
        Files.write(path, entry.getValue());
      }
    }
  }
}
