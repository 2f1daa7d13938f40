package lethe.nightly;

import java.util.List;
import java.util.Optional;
import lethe.console.Console;
import lethe.corpus.source.Source;
import lethe.pipeline.Pipeline;
import lethe.request.ForgottenName;
import lethe.request.RequestFolder;
import lethe.request.RequestState;
import lethe.run.RunConfig;
import lethe.spark.RunningSpark;
import lethe.spark.YarnDriver;
import org.apache.spark.sql.SparkSession;

/** What of a night needs Spark, or a model. */
interface NightStages {
  /**
   * Reads a table of requests.
   *
   * @throws lethe.settings.InvalidSettings when there is no such table, or it has no ids
   */
  RequestFolder.Content requests(String table);

  /**
   * Finds the documents that requests name.
   *
   * @param forgotten documents of earlier nights
   */
  SourceLookup.Found find(List<RequestState> requests, List<ForgottenName> forgotten);

  /**
   * Does the run of a night, from where it was interrupted.
   *
   * @return why its gates do not hold
   */
  Optional<String> run(RunConfig night);

  /** Called where neither is needed any more, and perhaps neither was. */
  default void none() {}

  /** Ends what these have started; called when the work is over, or must be, from any thread. */
  default void stop() {}

  /**
   * The real ones; Spark is started by the first that needs it.
   *
   * @param sources of the corpus
   * @param mostShare of all documents that a request may name
   */
  record OnSpark(List<Source> sources, double mostShare, Console console) implements NightStages {
    @Override
    public RequestFolder.Content requests(String table) {
      return new RequestTable(spark(), table).read();
    }

    private static SparkSession spark() {
      return SparkSession.builder().appName("lethe nightly").getOrCreate();
    }

    @Override
    public SourceLookup.Found find(List<RequestState> requests, List<ForgottenName> forgotten) {
      return new SourceLookup(spark(), sources, mostShare).find(requests, forgotten);
    }

    @Override
    public Optional<String> run(RunConfig night) {
      return new Pipeline(night, console).run();
    }

    @Override
    public void stop() {
      RunningSpark.stop();
    }

    /** A driver on a YARN cluster that never starts Spark counts as failed. */
    @Override
    public void none() {
      if (YarnDriver.isThisProcess()) {
        spark();
      }
    }
  }
}
