package lethe.command;

import lethe.run.Build;
import picocli.CommandLine.IVersionProvider;

/** The version and the commit that the jar's manifest states. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    Build build = Build.ofThisProgram();
    return new String[] {"lethe " + build.version() + " (commit " + build.commit() + ")"};
  }
}
