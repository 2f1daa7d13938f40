package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.sum;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.GarbageCollectionNotificationInfo;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import lethe.corpus.duplicate.DuplicateClosure;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.source.Documents;
import lethe.corpus.source.TableVersions;
import lethe.corpus.split.DocumentIndex;
import lethe.corpus.split.RuleFiles;
import lethe.corpus.split.Splits;
import lethe.corpus.token.Beginning;
import lethe.corpus.token.ChunkDocuments;
import lethe.corpus.token.Chunks;
import lethe.corpus.token.PieceCounter;
import lethe.corpus.token.Tokenizer;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.Settings;
import lethe.table.MaterializedTables;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * How fast the parts of the prepare stage are beside a bare loop over the tokenizer library, on the
 * same text and the same cores in one process. Started by {@code jobs/bench-prepare.sh}.
 */
public final class PrepareBench {
  private static final long MEGABYTE = 1_000_000;

  private final Path folder;
  private final Path model;
  private final long megabytes;
  private final int cores;
  private final Set<String> stages;
  private long documents;
  private long bytes;
  private double bareTokensPerSecond;
  private final AtomicLong heap = watchHeap();

  private PrepareBench(Path folder, Path model, long megabytes, int cores, Set<String> stages) {
    this.stages = stages;
    this.folder = folder;
    this.model = model;
    this.megabytes = megabytes;
    this.cores = cores;
  }

  /**
   * @param arguments a folder of {@code .jsonl.gz} files, a model's folder, a folder to work in,
   *     megabytes of text, cores, and the stages to measure, all if none is named
   */
  public static void main(String[] arguments) throws Exception {
    PrepareBench bench =
        new PrepareBench(
            Path.of(arguments[2]),
            Path.of(arguments[1]),
            Long.parseLong(arguments[3]),
            Integer.parseInt(arguments[4]),
            arguments.length > 5
                ? Set.of(arguments[5].split(","))
                : Set.of("read", "tokenize", "prepare", "write", "duplicates"));
    bench.replicate(Path.of(arguments[0]));
    bench.run();
    System.exit(0); // Spark leaves threads
  }

  /**
   * Writes the corpora again and again, under other ids, until there is enough text; once per
   * folder.
   */
  private void replicate(Path given) throws IOException {
    Path done = folder.resolve("replicated-" + megabytes);
    if (Files.exists(done)) {
      String[] counts = Files.readString(done).split(" ");
      documents = Long.parseLong(counts[0]);
      bytes = Long.parseLong(counts[1]);
      return;
    }
    Files.createDirectories(corpora());
    List<Path> files;
    try (var all = Files.list(given)) {
      files = all.filter(file -> file.toString().endsWith(".jsonl.gz")).sorted().toList();
    }
    for (int copy = 0; bytes < megabytes * MEGABYTE; copy++) {
      Path target = corpora().resolve("copy-%03d.jsonl".formatted(copy));
      try (BufferedWriter out = Files.newBufferedWriter(target)) {
        for (Path file : files) {
          try (InputStream in = new GZIPInputStream(Files.newInputStream(file));
              BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
              ObjectNode object = (ObjectNode) Json.MAPPER.readTree(line);
              object.put("id", copy + "/" + object.at("/meta/id").asText());
              bytes += object.get("text").textValue().getBytes(UTF_8).length;
              out.write(object.toString());
              out.write('\n');
              documents++;
            }
          }
        }
      }
    }
    Files.writeString(done, documents + " " + bytes);
  }

  private Path corpora() {
    return folder.resolve("corpora-" + megabytes);
  }

  private void run() throws Exception {
    byte[] tokenizer = Files.readAllBytes(model.resolve("tokenizer.json"));
    System.out.printf(
        Locale.ROOT,
        "%d documents, %.0f MB of text, %d cores, heap at most %d MB%n",
        documents,
        bytes / (double) MEGABYTE,
        cores,
        Runtime.getRuntime().maxMemory() >> 20);
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[" + cores + "]")
            .appName("lethe bench")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", 4L * cores)
            .getOrCreate()) {
      CorpusSettings settings = settings();
      RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
      Prepare prepare = new Prepare(spark, settings, run, model.toString(), 256, 4096, List.of());
      Documents source =
          new Documents(spark, settings.sources(), List.of(), new TableVersions(spark, List.of()));
      try (MaterializedTables tables = new MaterializedTables()) {
        Dataset<Row> index =
            tables.keep(
                new DocumentIndex(
                        settings.splits(),
                        settings.seed(),
                        RuleFiles.read(settings.splits(), tables, spark, run.files()))
                    .of(source.read()));
        Splits splits = new Splits(settings.splits(), tables, index, which -> which);
        List<String> sample = sample(source.read());
        bare(tokenizer, sample, false); // the first one is for the compiler
        double bare = bare(tokenizer, sample, false);
        long tokens = count(tokenizer, sample) * (documents / sample.size());
        double pieces = bare(tokenizer, sample, true);
        DocumentTexts texts = new DocumentTexts(spark, source.read());
        var broadcast =
            org.apache.spark.api.java.JavaSparkContext.fromSparkContext(spark.sparkContext())
                .broadcast(tokenizer);
        ChunkDocuments chunking = new ChunkDocuments(broadcast, Beginning.TOKENIZER, 256, 5, null);
        double read =
            seconds("read", () -> source.read().agg(sum(octet_length(col("text")))).head());
        Column split = col("split");
        double tokenize =
            seconds(
                "tokenize",
                () ->
                    texts
                        .of(splits.taken(), splits.amount(), split)
                        .select("split", "domain", "id", "text", "_question")
                        .mapPartitions(chunking, Encoders.row(Chunks.SCHEMA))
                        .write()
                        .format("noop")
                        .mode("overwrite")
                        .save());
        double again = bare(tokenizer, sample, false);
        pieces = Math.max(pieces, bare(tokenizer, sample, true));
        double whole = seconds("prepare", () -> prepare.execute(early -> {}, () -> {}, () -> {}));
        double verify =
            seconds(
                "prepare",
                "verify",
                () -> new PartFiles(spark, run.files(), run.root()).list(List.of(run.chunks())));
        double write =
            seconds(
                "write",
                () ->
                    Manifest.read(run)
                        .chunks(spark, run)
                        .write()
                        .partitionBy("split", "domain")
                        .mode("overwrite")
                        .parquet(folder.resolve("written").toString()));
        double duplicates =
            seconds(
                "duplicates",
                () ->
                    new DuplicateClosure(tables, settings.duplicates(), texts, splits)
                        .table()
                        .count());
        bareTokensPerSecond = Math.max(bare, again);
        System.out.println(
            "stage            seconds    MB/s  documents/s  tokens/s  of the bare loop");
        line("bare loop", tokens / bareTokensPerSecond, tokens);
        line("bare, in pieces", tokens / pieces, tokens);
        line("read", read, tokens);
        line("tokenize", tokenize, tokens);
        line("write", write, tokens);
        line("prepare", whole, tokens);
        line("verify", verify, tokens);
        line("duplicates", duplicates, tokens);
        System.out.printf("heap after a collection at most %d MB%n", heap.get() >> 20);
      }
    }
  }

  private void line(String stage, double seconds, long tokens) {
    System.out.printf(
        Locale.ROOT,
        "%-15s %8.1f %7.1f %12.0f %9.0f %16.0f%%%n",
        stage,
        seconds,
        bytes / seconds / MEGABYTE,
        documents / seconds,
        tokens / seconds,
        100 * tokens / seconds / bareTokensPerSecond);
  }

  private CorpusSettings settings() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("bench.conf"),
            """
            corpus {
              sources = [{ path = "%s", domain = all }]
              splits {
                forget { where = "true", fraction = 0.05 }
                retain { where = "true", fraction = [0.05, 1] }
              }
              chunk-tokens = 256
              duplicates.action = ignore
            }
            """
                .formatted(corpora()));
    Settings settings = Settings.load(file, List.of());
    CorpusSettings read = CorpusSettings.read(settings.root());
    settings.check();
    return read;
  }

  /** The texts of one copy, which are those of every other. */
  private static List<String> sample(Dataset<Row> documents) {
    return documents.where("id LIKE '0/%'").select("text").as(Encoders.STRING()).collectAsList();
  }

  /**
   * Tokens per second of threads that do nothing but fetch ids.
   *
   * @param cut whether texts are given to the library in pieces, as Lethe does, or whole
   */
  private double bare(byte[] json, List<String> texts, boolean cut) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(cores);
    AtomicInteger next = new AtomicInteger();
    long start = System.nanoTime();
    List<Future<Long>> counts = new ArrayList<>();
    for (int t = 0; t < cores; t++) {
      counts.add(
          threads.submit(
              () -> {
                long tokens = 0;
                try (Tokenizer whole = Tokenizer.of(json);
                    PieceCounter pieces = new PieceCounter(json)) {
                  for (int i = next.getAndIncrement();
                      i < texts.size();
                      i = next.getAndIncrement()) {
                    tokens += cut ? pieces.count(texts.get(i)) : whole.count(texts.get(i));
                  }
                }
                return tokens;
              }));
    }
    long tokens = 0;
    for (Future<Long> count : counts) {
      tokens += count.get();
    }
    threads.shutdown();
    return tokens / ((System.nanoTime() - start) / 1e9);
  }

  /** Follows the most bytes of heap that were still in use after a garbage collection. */
  private static AtomicLong watchHeap() {
    Set<String> pools =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getName)
            .collect(Collectors.toSet());
    AtomicLong most = new AtomicLong();
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      ((NotificationEmitter) collector)
          .addNotificationListener(
              (notification, unused) -> {
                var info =
                    GarbageCollectionNotificationInfo.from(
                        (CompositeData) notification.getUserData());
                long used =
                    info.getGcInfo().getMemoryUsageAfterGc().entrySet().stream()
                        .filter(pool -> pools.contains(pool.getKey()))
                        .mapToLong(pool -> pool.getValue().getUsed())
                        .sum();
                most.accumulateAndGet(used, Math::max);
              },
              null,
              null);
    }
    return most;
  }

  private static long count(byte[] json, List<String> texts) throws IOException {
    try (PieceCounter pieces = new PieceCounter(json)) {
      return texts.stream().mapToLong(pieces::count).sum();
    }
  }

  /** Seconds of a stage; not a number where it is not asked for. */
  private double seconds(String stage, Runnable work) {
    return seconds(stage, stage, work);
  }

  /**
   * How long some work takes; not a number if the stage that it needs is not asked for.
   *
   * @param name of the work
   */
  private double seconds(String stage, String name, Runnable work) {
    if (!stages.contains(stage)) {
      return Double.NaN;
    }
    long start = System.nanoTime();
    work.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(Locale.ROOT, "%s took %.1f s%n", name, seconds); // in case the rest fails
    return seconds;
  }
}
