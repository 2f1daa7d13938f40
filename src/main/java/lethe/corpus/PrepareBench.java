package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.sum;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import lethe.folder.RunFolder;
import lethe.settings.Settings;
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

  /** Text of the bare loop that is held in memory, in characters. */
  private static final long SAMPLE = 16L << 20;

  private final Path folder;
  private final Path model;
  private final long megabytes;
  private final int cores;
  private long documents;
  private long bytes;
  private double bareTokensPerSecond;

  private PrepareBench(Path folder, Path model, long megabytes, int cores) {
    this.folder = folder;
    this.model = model;
    this.megabytes = megabytes;
    this.cores = cores;
  }

  /**
   * @param arguments a folder of {@code .jsonl.gz} files, a model's folder, a folder to work in,
   *     megabytes of text, cores
   */
  public static void main(String[] arguments) throws Exception {
    PrepareBench bench =
        new PrepareBench(
            Path.of(arguments[2]),
            Path.of(arguments[1]),
            Long.parseLong(arguments[3]),
            Integer.parseInt(arguments[4]));
    bench.replicate(Path.of(arguments[0]));
    bench.run();
    System.exit(0); // Spark leaves threads
  }

  /** Writes the corpora again and again, under other ids, until there is enough text. */
  private void replicate(Path corpora) throws IOException {
    ObjectMapper json = new ObjectMapper();
    Files.createDirectories(folder.resolve("corpora"));
    List<Path> files;
    try (var all = Files.list(corpora)) {
      files = all.filter(file -> file.toString().endsWith(".jsonl.gz")).sorted().toList();
    }
    for (int copy = 0; bytes < megabytes * MEGABYTE; copy++) {
      Path target = folder.resolve("corpora/copy-%03d.jsonl".formatted(copy));
      try (BufferedWriter out = Files.newBufferedWriter(target)) {
        for (Path file : files) {
          try (InputStream in = new GZIPInputStream(Files.newInputStream(file));
              BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
              ObjectNode object = (ObjectNode) json.readTree(line);
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
      Prepare prepare = new Prepare(spark, settings, run, model.toString(), 256);
      Documents source = new Documents(spark, settings.sources(), List.of());
      try (Tables tables = new Tables()) {
        Dataset<Row> index =
            tables.keep(
                new Index(settings, Named.read(settings, tables, spark, run.files()))
                    .of(source.read()));
        Splits splits = new Splits(settings, tables, index, which -> which);
        List<String> sample = sample(source.read());
        bare(tokenizer, sample); // the first one is for the compiler
        double bare = bare(tokenizer, sample);
        Texts texts = new Texts(spark, source.read());
        var broadcast =
            org.apache.spark.api.java.JavaSparkContext.fromSparkContext(spark.sparkContext())
                .broadcast(tokenizer);
        Chunking chunking = new Chunking(broadcast, 256, 5, null);
        double read = seconds(() -> source.read().agg(sum(length(col("text")))).head());
        Column split = col("split");
        double tokenize =
            seconds(
                () ->
                    texts
                        .of(splits.taken(), split)
                        .select("split", "domain", "id", "text", "_question")
                        .mapPartitions(chunking, Encoders.row(Chunks.SCHEMA))
                        .write()
                        .format("noop")
                        .mode("overwrite")
                        .save());
        double again = bare(tokenizer, sample);
        double whole = seconds(prepare::execute);
        double write =
            seconds(
                () ->
                    Chunks.read(spark, run)
                        .write()
                        .partitionBy("split", "domain")
                        .parquet(folder.resolve("written").toString()));
        double duplicates =
            seconds(
                () -> new Closure(tables, settings.duplicates(), texts, splits).table().count());
        bareTokensPerSecond = Math.max(bare, again);
        long tokens = Manifest.read(run).counts().stream().mapToLong(Manifest.Count::tokens).sum();
        System.out.println("stage        seconds    MB/s  documents/s  tokens/s  of the bare loop");
        line("bare loop", tokens / bareTokensPerSecond, tokens);
        line("read", read, tokens);
        line("tokenize", tokenize, tokens);
        line("write", write, tokens);
        line("prepare", whole, tokens);
        line("duplicates", duplicates, tokens);
      }
    }
  }

  private void line(String stage, double seconds, long tokens) {
    System.out.printf(
        Locale.ROOT,
        "%-11s %8.1f %7.1f %12.0f %9.0f %16.0f%%%n",
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
              sources = [{ path = "%s/corpora", domain = all }]
              splits {
                forget { where = "true", fraction = 0.05 }
                retain { where = "true", fraction = [0.05, 1] }
              }
              chunk-tokens = 256
              duplicates.action = ignore
            }
            """
                .formatted(folder));
    Settings settings = Settings.load(file, List.of());
    CorpusSettings read = CorpusSettings.read(settings.root());
    settings.check();
    return read;
  }

  private static List<String> sample(Dataset<Row> documents) {
    List<String> texts = new ArrayList<>();
    long characters = 0;
    for (var rows = documents.select("text").toLocalIterator();
        rows.hasNext() && characters < SAMPLE; ) {
      texts.add(rows.next().getString(0));
      characters += texts.get(texts.size() - 1).length();
    }
    return texts;
  }

  /** Tokens a second of threads that do nothing but fetch ids. */
  private double bare(byte[] json, List<String> texts) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(cores);
    long start = System.nanoTime();
    List<Future<Long>> counts = new ArrayList<>();
    for (int t = 0; t < cores; t++) {
      int first = t;
      counts.add(
          threads.submit(
              () -> {
                long tokens = 0;
                try (Tokenizer own = Tokenizer.of(json)) {
                  for (int i = first; i < texts.size(); i += cores) {
                    tokens += own.count(texts.get(i));
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

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }
}
