package lethe.check;

import java.util.Optional;
import lethe.folder.Files;
import lethe.run.SettingRules;
import org.apache.hadoop.fs.Path;

/**
 * Which paths a process may look at: before spark-submit those of this machine alone, since another
 * file system may need what only Spark is told, and seconds to answer.
 *
 * @param files access to them
 * @param everything whether those elsewhere are looked at too
 */
record ReachablePaths(Files files, boolean everything) {

  /** Whether a text is a path that may be looked at. */
  boolean sees(String path) {
    return SettingRules.path(path) && (everything || scheme(path).orElse("file").equals("file"));
  }

  private Optional<String> scheme(String path) {
    String own = new Path(path).toUri().getScheme();
    return Optional.ofNullable(own != null ? own : files.defaultScheme());
  }

  /** With its file system and from its root. */
  Path path(String path) {
    return files.qualified(new Path(path));
  }
}
