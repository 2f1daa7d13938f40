package lethe.bench;

import java.util.Map;
import java.util.TreeMap;
import lethe.folder.Files;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.ModelOrigin;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Writes a checkpoint with random weights, in bfloat16 and in shards. Started by {@code
 * jobs/billion.sh} and {@code jobs/memory.sh}.
 */
public final class RandomCheckpoint {
  private static final long SHARD_BYTES = 1_000_000_000;

  private RandomCheckpoint() {}

  /**
   * @param arguments a folder with config.json and a tokenizer, and the folder to write
   */
  public static void main(String[] arguments) {
    ModelSource template = new ModelSource(arguments[0], Map.of());
    template.write(
        new Files(new Configuration()),
        new Path(arguments[1]),
        Dtype.BFLOAT16,
        SHARD_BYTES,
        new InitialWeights(template.architecture(), 0.02, 1),
        new ModelOrigin.Inputs("random", "", new TreeMap<>(), null));
    System.out.println(template.architecture().elements() + " parameters");
  }
}
