package lethe.check;

import java.util.Optional;
import lethe.folder.Files;
import lethe.run.SettingRules;
import org.apache.hadoop.fs.Path;

/**
 * Which paths a process may read: before spark-submit only those of this machine, since another
 * file system may need settings that only Spark has, and may take seconds to answer.
 *
 * @param files access to them
 * @param everything whether paths on other file systems are read, too
 */
record ReachablePaths(Files files, boolean everything) {

  /** Whether a text is a path that may be read. */
  boolean sees(String path) {
    return SettingRules.path(path) && (everything || scheme(path).orElse("file").equals("file"));
  }

  private Optional<String> scheme(String path) {
    String own = new Path(path).toUri().getScheme();
    return Optional.ofNullable(own != null ? own : files.defaultScheme());
  }

  /** The path with its file system, from the root. */
  Path path(String path) {
    return files.qualified(new Path(path));
  }
}
