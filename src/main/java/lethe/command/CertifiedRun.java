package lethe.command;

import java.util.List;
import java.util.Optional;
import lethe.certificate.Certificate;
import lethe.check.Validation;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.settings.Settings;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The run folder that a certificate is about, with the files beside it. */
final class CertifiedRun {
  @Parameters(
      index = "0",
      paramLabel = "RUN",
      description = "The folder of a run that has ended, as run.dir named it.")
  private String folder;

  @Parameters(
      index = "1..*",
      paramLabel = "key=value",
      arity = "0..*",
      description =
          "Settings of spark.hadoop, where the folder is in an object store; of verify --replay, also over those of the run.")
  private List<String> pairs = List.of();

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "The certificate; without it, certificate.json in the folder.")
  private String certificate;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description = "The ledger, or a copy of it, where the run is a night of one.")
  private String ledger;

  @Option(
      names = "--ledger-key",
      paramLabel = "FILE",
      description = "The ledger's key, which its private parts are checked with.")
  private String ledgerKey;

  /** The certificate that the arguments name. */
  Certificate certificate() {
    Settings settings = Settings.of(pairs);
    settings.check();
    RunFolder run = RunFolder.of(folder, Validation.configuration(Validation.hadoop(settings)));
    Path file = path(certificate, run).orElse(new Path(run.root(), Certificate.FILE));
    return new Certificate(run, file, path(ledger, run), path(ledgerKey, run));
  }

  /** The settings behind the folder. */
  List<String> pairs() {
    return pairs;
  }

  /** A file that an option names. */
  static Optional<Path> path(String option, RunFolder run) {
    return Optional.ofNullable(option).map(name -> run.files().qualified(Files.path(name)));
  }
}
