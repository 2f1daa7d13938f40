package lethe.pipeline;

import java.util.function.Consumer;
import java.util.function.Function;
import lethe.check.Validation;
import lethe.folder.Lease;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.run.RunConfig;
import lethe.spark.RunningSpark;
import org.apache.hadoop.fs.Path;

/**
 * A folder with the folders of several runs in it, on which one driver at a time works. The runs
 * share a Spark application, which ends with the work.
 *
 * @param directory any Hadoop path
 * @param first of the runs, which has the file system's settings of all
 * @param say hears who else has worked there
 */
record FolderOfRuns(String directory, RunConfig first, Consumer<String> say) {

  /**
   * Works under the folder's lease.
   *
   * @throws LeaseLostException when another driver has taken the folder over
   */
  <T> T under(Function<RunFolder, T> work) {
    RunFolder root = RunFolder.of(directory, Validation.configuration(Validation.hadoop(first)));
    Lease lease = new Lease(root, new LeaseListener());
    lease.take();
    try (lease) {
      return work.apply(lease.folder());
    } catch (Exception e) { // whatever a run, and Spark undeclared, make of a lost lease
      if (lease.lost().isPresent()) {
        throw lease.lost().get();
      }
      throw e;
    } finally {
      RunningSpark.stop();
    }
  }

  /** The folder of a run in it. */
  static RunFolder run(RunFolder all, String name) {
    return new RunFolder(new Path(all.root(), name), all.files());
  }

  /** Ends the work when another host has taken the folder over. */
  private final class LeaseListener implements Lease.Listener {
    @Override
    public void notice(String sentence) {
      say.accept(sentence);
    }

    @Override
    public void lost(LeaseLostException why) {
      RunningSpark.stop();
    }
  }
}
