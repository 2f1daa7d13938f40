package lethe.command;

import java.util.concurrent.Callable;
import lethe.certificate.Certificate;
import lethe.settings.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The verb verify. It reads, and needs no Spark. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class VerifyCommand implements Callable<Integer> {
  @Mixin private CertifiedRun run;

  @Option(
      names = "--public-key",
      paramLabel = "FILE",
      description = "The public Ed25519 key in PEM of whoever must have signed it.")
  private String publicKey;

  @Override
  public Integer call() {
    Certificate certificate = run.certificate();
    Certificate.Finding found = certificate.check(CertifiedRun.path(publicKey, certificate.run()));
    found.remarks().forEach(line -> Printable.stream(System.out).println("verify: " + line));
    if (found.problems().isEmpty()) {
      Printable.stream(System.out)
          .println("verify: %s holds: every file is as it was".formatted(certificate.file()));
      return 0;
    }
    Printable.stream(System.err).println(certificate.file() + " does not hold:");
    found.problems().forEach(line -> Printable.stream(System.err).println("  " + line));
    return 3;
  }
}
