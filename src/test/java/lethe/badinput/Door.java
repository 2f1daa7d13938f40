package lethe.badinput;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import lethe.LocalSpark;
import lethe.check.Validation;
import lethe.command.Failures;
import lethe.command.Lethe;
import lethe.corpus.Prepare;
import lethe.folder.RunFolder;
import lethe.model.network.Architecture;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.Verb;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;

/** How damaged input is read: as the program does it, with the same messages and exit codes. */
@FunctionalInterface
interface Door {
  /** Reads the input and returns the exit code; messages go to System.out and System.err. */
  int open() throws Exception;

  /** A verb that needs no Spark. */
  static int verb(String... arguments) {
    return Lethe.run(arguments);
  }

  /** A reader that no verb without Spark calls; its exception ends as a verb's does. */
  static int reader(Door reader) {
    PrintStream errors = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    try {
      return reader.open();
    } catch (Exception | Error e) {
      return Failures.explain(e, errors);
    }
  }

  /** The stage prepare in the session that all tests share, which the verb would stop. */
  static int prepare(Path conf, String... pairs) {
    return reader(
        () -> {
          RunConfig config = RunConfig.read(Verb.PREPARE, conf, List.of(pairs));
          SparkConf spark = new SparkConf(false);
          SubmitArguments.of(config).forEach(spark::set);
          Validation validation =
              new Validation(config, spark, Long.MAX_VALUE, Validation.Phase.DRIVING);
          validation.findings().refuse();
          Architecture network = validation.architecture().orElseThrow();
          new Prepare(
                  LocalSpark.SESSION,
                  config.corpus(),
                  RunFolder.of(config.runDir(), new Configuration()),
                  config.model(),
                  network.context().tokens(),
                  network.vocabulary(),
                  List.of())
              .execute(System.out::println, () -> {}, () -> {})
              .summary()
              .lines()
              .forEach(System.out::println);
          return 0;
        });
  }
}
