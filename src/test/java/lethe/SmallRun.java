package lethe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.TestOrigin;
import lethe.sample.ByteLlama;
import lethe.sample.SampleCorpus;
import org.apache.hadoop.conf.Configuration;

/** A run that takes a second. */
public final class SmallRun {
  private static final lethe.folder.Files FILES = new lethe.folder.Files(new Configuration());

  private SmallRun() {}

  /**
   * A run file over the sample corpus with an untrained model of a few thousand parameters, in one
   * process.
   */
  public static Path in(Path folder) throws IOException {
    org.apache.hadoop.fs.Path data = new org.apache.hadoop.fs.Path(folder.toString(), "data");
    org.apache.hadoop.fs.Path model = new org.apache.hadoop.fs.Path(folder.toString(), "model");
    new SampleCorpus(1, 1, 2, 1, 1, 1).write(data, FILES);
    new ByteLlama(16, 1, 2, 1, 24, 256, 0.02).write(model, FILES);
    ModelSource source = new ModelSource(model.toString(), Map.of());
    org.apache.hadoop.fs.Path weights = new org.apache.hadoop.fs.Path(folder.toString(), "weights");
    new HfWriter(weights, HfFolder.open(model, FILES), Dtype.FLOAT32, TinyLlama.SHARD_BYTES)
        .write(
            source.architecture().tensors(),
            new InitialWeights(source.architecture(), 0.02, 1),
            TestOrigin.MADE);
    Files.copy(
        folder.resolve("weights/model.safetensors"), folder.resolve("model/model.safetensors"));
    Path conf = folder.resolve("small.conf");
    Files.writeString(
        conf,
        """
        run.dir = "%1$s/run"
        model.path = "%1$s/model"
        corpus {
          sources = [{ path = "%1$s/data/paper.jsonl", domain = paper }, { path = "%1$s/data/book.jsonl", domain = book }]
          chunk-tokens = 64
          duplicates.action = ignore # looking for them takes many seconds of Spark's
          splits {
            forget.where = "split = 'forget'"
            retain.where = "split = 'retain'"
            approximate.where = "split = 'approximate'"
          }
        }
        unlearn.method = ascent-descent-in-distribution # the shortest step of two terms
        train { batch = 2, steps = 2, workers = 1, threads = 1 }
        spark.master = "local[1]"
        spark.buffer.pageSize = 1m
        spark.sql.codegen { wholeStage = false, factoryMode = NO_CODEGEN }
        spark.driver.extraJavaOptions = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC" # compiling well takes longer than the run
        spark.executor.extraJavaOptions = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
        """
            .formatted(folder));
    return conf;
  }
}
