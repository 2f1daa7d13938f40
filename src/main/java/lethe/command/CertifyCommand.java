package lethe.command;

import java.util.concurrent.Callable;
import lethe.certificate.Certificate;
import lethe.settings.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The verb certify. It reads what a run has written, and needs no Spark. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class CertifyCommand implements Callable<Integer> {
  @Mixin private CertifiedRun run;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "A private Ed25519 key in PEM to sign with; without it, it says unsigned.")
  private String key;

  @Override
  public Integer call() {
    Certificate certificate = run.certificate();
    certificate
        .write(CertifiedRun.path(key, certificate.run()))
        .forEach(line -> Printable.stream(System.out).println("certify: " + line));
    return 0;
  }
}
