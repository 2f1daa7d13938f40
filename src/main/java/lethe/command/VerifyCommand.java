package lethe.command;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import lethe.certificate.Certificate;
import lethe.console.Console;
import lethe.replay.Replay;
import lethe.run.TemporaryFolder;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The verb verify. It reads, and needs Spark only to train again. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class VerifyCommand implements Callable<Integer> {
  private static final int DOES_NOT_HOLD = 3;

  private final Lethe lethe;

  @Mixin private CertifiedRun run;

  @Option(
      names = "--public-key",
      paramLabel = "FILE",
      description = "The public Ed25519 key in PEM of whoever must have signed it.")
  private String publicKey;

  @Option(
      names = "--replay",
      description =
          "Train again from the recorded inputs and settings, and compare the SHA-256 of the weights; takes as long as the run.")
  private boolean replay;

  @Option(
      names = "--replay-in",
      paramLabel = "DIR",
      description =
          "The folder to train in; without it one beside the run, RUN-replay, which is deleted when the weights are the same.")
  private String into;

  @Option(
      names = "--tolerance",
      paramLabel = "NATS",
      description =
          "On another processor: how far apart two losses may be, in nats per token; without it stop.band of the run.")
  private Double tolerance;

  VerifyCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    if (!replay && (into != null || tolerance != null)) {
      throw new InvalidSettings(
          "Cannot verify: --replay-in and --tolerance are for --replay, which is not given");
    }
    if (tolerance != null && !(tolerance >= 0 && Double.isFinite(tolerance))) {
      throw new InvalidSettings(
          "--tolerance must be a number of nats of at least 0, was " + tolerance);
    }
    Certificate certificate = run.certificate();
    return replay ? replay(certificate) : check(certificate);
  }

  /** Checks the files, and says what it found. */
  private int check(Certificate certificate) {
    Certificate.Finding found = find(certificate);
    found.remarks().forEach(line -> Printable.stream(System.out).println("verify: " + line));
    if (!found.problems().isEmpty()) {
      return refuse(certificate, found);
    }
    Printable.stream(System.out)
        .println("verify: %s holds: every file is as it was".formatted(certificate.file()));
    return 0;
  }

  private Certificate.Finding find(Certificate certificate) {
    return certificate.check(CertifiedRun.path(publicKey, certificate.run()));
  }

  private static int refuse(Certificate certificate, Certificate.Finding found) {
    Printable.stream(System.err).println(certificate.file() + " does not hold:");
    found.problems().forEach(line -> Printable.stream(System.err).println("  " + line));
    return DOES_NOT_HOLD;
  }

  /** Checks the files, and only then trains. */
  private int replay(Certificate certificate) {
    if (lethe.printsSubmit()) {
      Certificate.Finding found = find(certificate);
      if (!found.problems().isEmpty()) {
        return refuse(certificate, found);
      }
      Replay asked = asked(certificate);
      Submission.print(asked.config(), asked.settings());
      return 0;
    }
    TemporaryFolder.ofThisDriver().ifPresent(TemporaryFolder::deleteAtExit);
    int held = check(certificate);
    if (held != 0) {
      return held;
    }
    Replay asked = asked(certificate);
    Console console = new Console(asked.settings().secrets().stream(System.out));
    Optional<String> unmet = asked.execute(console);
    unmet.ifPresent(asked.settings().secrets().stream(Printable.stream(System.err))::println);
    return unmet.isPresent() ? DOES_NOT_HOLD : 0;
  }

  private Replay asked(Certificate certificate) {
    Replay asked =
        new Replay(
            certificate,
            Optional.ofNullable(into),
            tolerance == null ? OptionalDouble.empty() : OptionalDouble.of(tolerance),
            run.pairs());
    lethe.keepSecrets(asked.settings());
    return asked;
  }
}
