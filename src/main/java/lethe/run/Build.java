package lethe.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URLConnection;
import java.util.Optional;
import java.util.jar.Attributes;

/**
 * Which build of the program this is, as its jar's manifest says.
 *
 * @param version of the pom; "unknown" for classes that are in no jar
 * @param commit it was built from, with "-dirty" behind it where files differed; "unknown" where it
 *     was built outside a checkout
 */
public record Build(String version, String commit) {
  private static final String COMMIT = "Implementation-Commit";
  private static final String UNKNOWN = "unknown";

  /** The build of the running classes. */
  public static Build ofThisProgram() {
    try {
      URLConnection here = Build.class.getResource("Build.class").openConnection();
      Attributes manifest =
          here instanceof JarURLConnection jar ? jar.getMainAttributes() : new Attributes();
      return of(manifest == null ? new Attributes() : manifest);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the manifest of the program's jar", e);
    }
  }

  static Build of(Attributes manifest) {
    return new Build(
        Optional.ofNullable(manifest.getValue(Attributes.Name.IMPLEMENTATION_VERSION))
            .orElse(UNKNOWN),
        Optional.ofNullable(manifest.getValue(COMMIT)).orElse(UNKNOWN));
  }
}
