package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.octet_length;
import static org.apache.spark.sql.functions.sum;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.OperatingSystemMXBean;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
import lethe.corpus.token.TokenCounter;
import lethe.corpus.token.TokenizerChoice;
import lethe.corpus.token.TokenizerLibrary;
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
 * How fast the parts of the prepare stage are beside bare loops over the tokenizer libraries, on
 * the same text and the same cores in one process. Started by {@code jobs/bench-prepare.sh}.
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
  private final Map<String, Spent> spent = new LinkedHashMap<>();
  private final AtomicLong heap = watchHeap();

  /**
   * What some work took.
   *
   * @param bytes of text that went through it
   * @param seconds on the clock
   * @param cpuSeconds of all threads, on which other processes have less influence
   */
  private record Spent(long bytes, double seconds, double cpuSeconds) {
    double bytesPerCpuSecond() {
      return bytes / cpuSeconds;
    }
  }

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
                : Set.of("bare", "read", "tokenize", "prepare", "write", "duplicates"));
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
    byte[] json = Files.readAllBytes(model.resolve("tokenizer.json"));
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
        TokenizerLibrary library = TokenizerChoice.of(json, List.of()).library();
        if (stages.contains("bare")) {
          bareLoops(json, library, sample(source.read()));
        }
        DocumentTexts texts = new DocumentTexts(spark, source.read());
        var broadcast =
            org.apache.spark.api.java.JavaSparkContext.fromSparkContext(spark.sparkContext())
                .broadcast(json);
        measure("read", () -> source.read().agg(sum(octet_length(col("text")))).head());
        Column split = col("split");
        for (var by : List.of(library, TokenizerLibrary.HUGGING_FACE)) {
          ChunkDocuments chunking =
              new ChunkDocuments(broadcast, by, Beginning.TOKENIZER, 256, 5, null);
          measure(
              "tokenize",
              by == library ? "tokenize" : "by " + by.key(),
              () ->
                  texts
                      .of(splits.taken(), splits.amount(), split)
                      .select("split", "domain", "id", "text", "_question")
                      .mapPartitions(chunking, Encoders.row(Chunks.SCHEMA))
                      .write()
                      .format("noop")
                      .mode("overwrite")
                      .save());
        }
        measure("prepare", () -> prepare.execute(early -> {}, () -> {}, () -> {}));
        measure(
            "prepare",
            "verify",
            () -> new PartFiles(spark, run.files(), run.root()).list(List.of(run.chunks())));
        measure(
            "write",
            () ->
                Manifest.read(run)
                    .chunks(spark, run)
                    .write()
                    .partitionBy("split", "domain")
                    .mode("overwrite")
                    .parquet(folder.resolve("written").toString()));
        measure(
            "duplicates",
            () ->
                new DuplicateClosure(tables, settings.duplicates(), texts, splits).table().count());
        System.out.println("                 seconds    MB/s  MB per CPU second  of Hugging Face");
        spent.forEach(this::line);
        System.out.printf("heap after a collection at most %d MB%n", heap.get() >> 20);
      }
    }
  }

  private void bareLoops(byte[] json, TokenizerLibrary library, List<String> sample)
      throws Exception {
    Supplier<TokenCounter> huggingFace = () -> TokenCounter.whole(json);
    bare("compiling", sample, huggingFace);
    bare("Hugging Face", sample, huggingFace);
    bare("in pieces", sample, () -> TokenCounter.inPieces(json));
    if (library == TokenizerLibrary.JTOKKIT) {
      Supplier<TokenCounter> jtokkit = () -> TokenCounter.jtokkit(json);
      bare("compiling", sample, jtokkit);
      bare("JTokkit", sample, jtokkit);
    }
    Supplier<TokenCounter> lethe = () -> TokenCounter.lethe(json, library);
    bare("compiling", sample, lethe);
    bare("Lethe", sample, lethe);
    spent.remove("compiling");
  }

  private void line(String what, Spent own) {
    System.out.printf(
        Locale.ROOT,
        "%-15s %8.1f %7.1f %18.1f %15.0f%%%n",
        what,
        own.seconds(),
        own.bytes() / own.seconds() / MEGABYTE,
        own.bytesPerCpuSecond() / MEGABYTE,
        100
            * own.bytesPerCpuSecond()
            / spent.getOrDefault("Hugging Face", own).bytesPerCpuSecond());
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

  /** Threads that do nothing but count tokens. */
  private void bare(String name, List<String> texts, Supplier<TokenCounter> counters)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(cores);
    AtomicInteger next = new AtomicInteger();
    AtomicLong tokens = new AtomicLong();
    List<TokenCounter> own = Stream.generate(counters).limit(cores).toList();
    long size = texts.stream().mapToLong(text -> text.getBytes(UTF_8).length).sum();
    measure(
        name,
        size,
        () ->
            own.stream()
                .map(
                    counter ->
                        threads.submit(
                            () -> {
                              for (int i = next.getAndIncrement();
                                  i < texts.size();
                                  i = next.getAndIncrement()) {
                                tokens.addAndGet(counter.count(texts.get(i)));
                              }
                            }))
                .toList()
                .forEach(PrepareBench::join));
    threads.shutdown();
    own.forEach(TokenCounter::close);
    System.out.printf("%d tokens%n", tokens.get());
  }

  private static void join(Future<?> thread) {
    try {
      thread.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
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

  /** A stage, if it is asked for. */
  private void measure(String stage, Runnable work) {
    measure(stage, stage, work);
  }

  /**
   * Some work, if the stage that it needs is asked for.
   *
   * @param name of the work
   */
  private void measure(String stage, String name, Runnable work) {
    if (stages.contains(stage)) {
      measure(name, bytes, work);
    }
  }

  private void measure(String name, long size, Runnable work) {
    var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long start = System.nanoTime();
    long cpu = machine.getProcessCpuTime();
    work.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (machine.getProcessCpuTime() - cpu) / 1e9;
    spent.put(name, new Spent(size, seconds, cpuSeconds));
    System.out.printf( // in case the rest fails
        Locale.ROOT, "%s took %.1f s, %.1f s of the processors%n", name, seconds, cpuSeconds);
  }
}
