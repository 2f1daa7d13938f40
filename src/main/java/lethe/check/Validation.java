package lethe.check;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.model.network.Architecture;
import lethe.run.RunConfig;
import lethe.run.RunSize;
import lethe.run.SubmitArguments;
import lethe.run.Verb;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;

/**
 * Every problem that can be found before Spark starts, collected in one place and reported together
 * within seconds. Nothing is written.
 */
public final class Validation {
  /** When validation runs, and so what it can read. */
  public enum Phase {
    /** Before spark-submit: what is on this machine. */
    SUBMITTING,
    /** In the driver, or alone: everything. */
    DRIVING
  }

  private final RunConfig config;
  private final SparkConf conf;
  private final long heap;
  private final ReachablePaths reach;
  private final Map<String, String> hadoop;
  private final Findings findings = new Findings();
  private Optional<Architecture> architecture = Optional.empty();

  /**
   * @param conf settings that Spark gets, as far as this process knows them
   * @param heap the driver's maximum, bytes; {@link Long#MAX_VALUE} where it is unknown
   */
  public Validation(RunConfig config, SparkConf conf, long heap, Phase phase) {
    this.config = config;
    this.conf = conf;
    this.heap = heap;
    this.hadoop = hadoop(config);
    this.reach = new ReachablePaths(new Files(configuration(hadoop)), phase == Phase.DRIVING);
  }

  /** Settings of file systems, without {@code spark.hadoop.}. */
  public static Map<String, String> hadoop(RunConfig config) {
    return hadoop(config.settings());
  }

  /** The same of settings that are no run's. */
  public static Map<String, String> hadoop(Settings settings) {
    Map<String, String> hadoop = new HashMap<>();
    settings
        .spark()
        .forEach(
            (key, value) -> {
              if (key.startsWith("spark.hadoop.")) {
                hadoop.put(key.substring("spark.hadoop.".length()), value);
              }
            });
    return hadoop;
  }

  public static Configuration configuration(Map<String, String> hadoop) {
    Configuration configuration = new Configuration();
    hadoop.forEach(configuration::set);
    return configuration;
  }

  /** Checks everything. */
  public Findings findings() {
    findings.problems(config.settings().problems());
    if (findings.problems().isEmpty()) {
      findings.right("the settings are right");
    }
    findings.problems(FileNames.problems(config, System.getProperty("sun.jnu.encoding")));
    if (!reach.everything() && SubmitArguments.driverIsElsewhere(config)) {
      findings.problems(new DriverElsewhere(config, reach.files().defaultScheme()).problems());
    } else {
      findings(
          Optional.of(config.runDir())
              .filter(reach::sees)
              .flatMap(directory -> findings.look(() -> reach.path(directory)))
              .map(root -> new RunFolder(root, reach.files())));
    }
    return findings;
  }

  /**
   * @param folder of the run, where it can be read
   */
  private void findings(Optional<RunFolder> folder) {
    folder.ifPresent(run -> new RunState(config, run, reach, findings).look());
    InputFiles inputs = inputs();
    if (config.checks(Verb.REPORT)) {
      inputs.idsKey();
    }
    if (config.verb() == Verb.REPORT) {
      inputs.compared();
      return;
    }
    ModelFolders models =
        new ModelFolders(
            config,
            folder,
            hadoop,
            reach,
            folder.map(run -> made(config, run)).orElse(Set.of()),
            findings);
    architecture = models.look();
    boolean prepared =
        !config.overwrite() && folder.filter(r -> r.files().exists(r.corpusManifest())).isPresent();
    if (config.checks(Verb.PREPARE) && !prepared) {
      inputs.corpus(architecture.map(a -> a.context().tokens()).orElse(Integer.MAX_VALUE));
    }
    if (config.checks(Verb.UNLEARN)) {
      inputs.rejections();
      inputs.replacements();
    }
    if (config.checks(Verb.EVALUATE)) {
      inputs.tasks();
      inputs.paraphrases();
      inputs.questions();
    }
    processes(folder, models.encoders());
  }

  /**
   * Memory, disk space and protection; where spark-defaults.conf may decide, nothing is checked.
   *
   * @param encoders that judge answers
   */
  private void processes(Optional<RunFolder> folder, List<Architecture> encoders) {
    if (!reach.everything() && !conf.contains("spark.master")) {
      return;
    }
    Preflight preflight = new Preflight(config, folder, conf, heap);
    // Sizes made from settings that are wrong would be wrong, too.
    Optional<Architecture> sized = architecture.filter(a -> config.settings().problems().isEmpty());
    findings.look(() -> findings.problems(preflight.problems(sized, encoders)));
    if (findings.problems().isEmpty()) {
      architecture
          .filter(a -> config.makesSteps() || !config.verb().trains())
          .map(model -> preflight.budget(model, encoders))
          .orElse(List.of())
          .forEach(findings::right);
    }
  }

  /** Models that stages of this run write before others read them. */
  public static Set<Path> made(RunConfig config, RunFolder folder) {
    Set<Path> made = new HashSet<>();
    if (config.checks(Verb.PRETRAIN) && config.pretrain().isPresent()) {
      made.add(folder.original());
    }
    if (config.checks(Verb.RETRAIN)) {
      made.add(folder.retrained());
    }
    if (config.checks(Verb.UNLEARN)) {
      made.add(folder.model());
    }
    return made;
  }

  private InputFiles inputs() {
    return new InputFiles(config, reach.files(), reach, findings);
  }

  /** How much work the run is, as far as this process can find out; after {@link #findings}. */
  public RunSize size() {
    OptionalLong parameters =
        architecture.isPresent()
            ? OptionalLong.of(architecture.get().elements())
            : OptionalLong.empty();
    return parameters.isEmpty() ? RunSize.ORDINARY : RunSize.of(inputs().sourceBytes(), parameters);
  }

  /** The network of the model that is trained, where it could be read. */
  public Optional<Architecture> architecture() {
    return architecture;
  }
}
