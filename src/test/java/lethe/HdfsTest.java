package lethe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import lethe.corpus.CorpusSettings;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.corpus.SmallCorpora;
import lethe.folder.Lease;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.TestOrigin;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Corpora, model and run folder on a real name node and data node. */
class HdfsTest {
  @TempDir static java.nio.file.Path disks;
  private static MiniDFSCluster cluster;
  private static FileSystem hdfs;

  @TempDir java.nio.file.Path folder;

  @BeforeAll
  static void start() throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, disks.resolve("dfs").toString());
    cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    hdfs = cluster.getFileSystem();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** A folder of HDFS for a test alone, by the name of that on the disk. */
  private String root() {
    return cluster.getURI() + "/" + folder.getFileName();
  }

  @Test
  void prepareReadsAndWritesThereAsOnADisk() throws IOException {
    java.nio.file.Path conf = SmallRun.in(folder);
    try (var out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("data/book.jsonl.gz")))) {
      Files.copy(folder.resolve("data/book.jsonl"), out);
    }
    Files.writeString(conf, Files.readString(conf).replace("book.jsonl", "book.jsonl.gz"));
    Prepare.Result onDisk = prepare(conf, folder.resolve("run").toString());
    for (String name : List.of("data", "model")) {
      hdfs.copyFromLocalFile(new Path(folder.resolve(name).toString()), new Path(root(), name));
    }
    Files.writeString(conf, Files.readString(conf).replace("\"" + folder, "\"" + root()));
    RunFolder run = run();

    assertThat(run.root().toString()).startsWith("hdfs://");
    // What a killed run leaves: parts, finished and not, and no manifest.
    hdfs.create(new Path(run.corpus(), "chunks/_temporary/0/task/part.parquet")).close();
    hdfs.create(new Path(run.chunks(), "split=forget/domain=paper/part-of-before.parquet")).close();
    assertThatThrownBy(() -> Manifest.read(run).chunks(LocalSpark.SESSION, run))
        .hasMessageContainingAll("there is no " + run.corpusManifest(), "run prepare first");

    Prepare.Result result = prepare(conf, run.root().toString());
    assertThat(result).isEqualTo(onDisk);
    assertHolds(run, result);

    Path archive = hdfs.makeQualified(new Path(root(), "data/book.jsonl.gz"));
    byte[] whole = run.files().read(archive);
    run.files().write(archive, Arrays.copyOf(whole, whole.length - 20));
    assertThatThrownBy(() -> prepare(conf, run.root().toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot read " + archive + ": Unexpected end");
    assertHolds(run, result); // as it was
  }

  /** The run folder has the parts that its manifest lists, and no other. */
  private void assertHolds(RunFolder run, Prepare.Result result) throws IOException {
    Manifest manifest = Manifest.read(run);
    assertThat(manifest.chunksSha256()).isEqualTo(result.chunksSha256());
    assertThat(manifest.parts()).isNotEmpty();
    for (Manifest.Part part : manifest.parts()) {
      Path path = new Path(run.corpus(), part.path());
      assertThat(hdfs.getFileStatus(path).getLen()).isEqualTo(part.bytes());
      assertThat(run.files().sha256(path)).isEqualTo(part.sha256());
    }
    assertThat(hdfs.globStatus(new Path(run.chunks(), "*/*/*.parquet")))
        .extracting(FileStatus::getPath)
        .hasSameSizeAs(manifest.parts());
    assertThat(hdfs.exists(new Path(run.corpus(), "chunks/_temporary"))).isFalse();
    assertThat(Manifest.read(run).chunks(LocalSpark.SESSION, run).count())
        .isEqualTo(manifest.counts().stream().mapToLong(Manifest.Count::chunks).sum());
  }

  @Test
  void aModelIsReadAndWrittenThereAndARunFolderHasOneDriver() throws IOException {
    SmallRun.in(folder);
    hdfs.copyFromLocalFile(new Path(folder.resolve("model").toString()), new Path(root(), "model"));
    ModelSource model = new ModelSource(root() + "/model", Map.of());
    assertThat(model.check()).isEmpty();
    RunFolder run = run();
    Lease lease = new Lease(run, new Silent());
    lease.take();
    assertThatThrownBy(() -> new Lease(run, new Silent()).take())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(run.root() + " is in use by process");
    model.write(
        run.files(),
        run.model(),
        Dtype.FLOAT32,
        TinyLlama.SHARD_BYTES,
        model.weights(),
        TestOrigin.MADE);
    lease.close();
    assertThat(run.files().list(run.root())).isEmpty();
    assertThat(run.files().sha256(new Path(run.model(), "model.safetensors")))
        .isEqualTo(run.files().sha256(new Path(model.path(), "model.safetensors")));
    ModelSource written = new ModelSource(run.model().toString(), Map.of());
    assertThat(written.check()).isEmpty();
  }

  private static final class Silent implements Lease.Listener {
    @Override
    public void notice(String sentence) {
      throw new AssertionError(sentence);
    }

    @Override
    public void lost(LeaseLostException why) {
      throw why;
    }
  }

  private RunFolder run() {
    return RunFolder.of(root() + "/run", new Configuration());
  }

  private Prepare.Result prepare(java.nio.file.Path conf, String run) {
    CorpusSettings settings = CorpusSettings.read(Settings.load(conf, List.of()).root());
    String model = run.replaceAll("/run$", "/model");
    return SmallCorpora.execute(
        new Prepare(
            LocalSpark.SESSION,
            settings,
            RunFolder.of(run, new Configuration()),
            model,
            256,
            4096,
            List.of()));
  }
}
