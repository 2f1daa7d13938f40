package lethe.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * The folder of a driver's temporary files: what Spark shuffles and keeps on disk, which has texts
 * to forget in it, and what libraries unpack. It is in the run folder where that is on this
 * machine, else in a folder of this user's among the machine's temporary ones. submit.sh makes it
 * readable by its owner alone; the driver deletes it at its end, and the next driver deletes those
 * of drivers that were killed.
 *
 * @param path {@code <host>-<process id>-<milliseconds>} in one of the two places
 */
public record TemporaryFolder(Path path) {
  /** In a run folder; there only the driver that has the lease has a temporary folder. */
  private static final String IN_RUN_FOLDER = "spark-local";

  private static final Pattern NAME = Pattern.compile("(.+)-(\\d+)-\\d+");

  /** Spark would take a path with one of these for several, or end it there. */
  private static final Pattern UNFIT = Pattern.compile("[,\"'\\\\\\n]");

  /** After Spark's hook at 40 and Hadoop's at 10: both still delete files of theirs in it. */
  private static final int LAST = 1;

  /**
   * The folder of the driver that this process's parent, submit.sh, is about to become.
   *
   * @return none where no place has a path that Spark can take
   */
  static Optional<TemporaryFolder> ofSubmission(RunConfig config) {
    long driver = ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L);
    String name = "%s-%d-%d".formatted(host(), driver, System.currentTimeMillis());
    Path machine =
        Path.of(System.getProperty("java.io.tmpdir"), "lethe-" + System.getProperty("user.name"));
    return Stream.concat(
            runFolder(config).map(run -> run.resolve(IN_RUN_FOLDER)).stream(), Stream.of(machine))
        .map(place -> place.resolve(name).toAbsolutePath())
        .filter(path -> !UNFIT.matcher(path.toString()).find())
        .findFirst()
        .map(TemporaryFolder::new);
  }

  /** The run folder, if this machine alone has it and this invocation writes there. */
  private static Optional<Path> runFolder(RunConfig config) {
    boolean writes = !config.dryRun() && config.verb() != Verb.PREFLIGHT;
    if (!writes || config.runDirShared() || !SettingRules.path(config.runDir())) {
      return Optional.empty();
    }
    org.apache.hadoop.fs.Path path = lethe.folder.Files.path(config.runDir());
    String scheme = path.toUri().getScheme();
    if (scheme == null) {
      Configuration hadoop = new Configuration();
      Optional.ofNullable(config.settings().spark().get("spark.hadoop.fs.defaultFS"))
          .ifPresent(uri -> hadoop.set(FileSystem.FS_DEFAULT_NAME_KEY, uri));
      scheme = FileSystem.getDefaultUri(hadoop).getScheme();
    }
    return "file".equals(scheme) ? Optional.of(Path.of(path.toUri().getPath())) : Optional.empty();
  }

  /** The folder of this driver; none where it was not started by submit.sh. */
  public static Optional<TemporaryFolder> ofThisDriver() {
    return Optional.of(new TemporaryFolder(Path.of(System.getProperty("java.io.tmpdir"))))
        .filter(
            folder ->
                folder.owner().filter(pid -> pid == ProcessHandle.current().pid()).isPresent());
  }

  /** The process that a folder of this host belongs to. */
  private Optional<Long> owner() {
    return named()
        .filter(name -> name.group(1).equals(host()))
        .map(name -> Long.parseLong(name.group(2)));
  }

  private Optional<Matcher> named() {
    return Optional.of(NAME.matcher(path.getFileName().toString())).filter(Matcher::matches);
  }

  /**
   * Deletes the folders beside this one whose drivers are dead: those of this host without a
   * process. Those of another host only in a run folder, whose lease this driver must have.
   */
  public void sweep() {
    boolean leased = path.getParent().endsWith(IN_RUN_FOLDER);
    try (Stream<Path> beside = Files.list(path.getParent())) {
      for (Path other : beside.filter(p -> !p.equals(path)).toList()) {
        TemporaryFolder folder = new TemporaryFolder(other);
        boolean alive =
            folder
                .owner()
                .map(
                    pid ->
                        pid != ProcessHandle.current().pid() && ProcessHandle.of(pid).isPresent())
                .orElse(!leased);
        if (folder.named().isPresent() && !alive) {
          FileUtils.deleteQuietly(other.toFile());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + path.getParent(), e);
    }
  }

  /** Deletes this folder when the process ends, and the folders around it that are then empty. */
  public void deleteAtExit() {
    ShutdownHookManager.get().addShutdownHook(this::delete, LAST);
  }

  private void delete() {
    FileUtils.deleteQuietly(path.toFile());
    Path place = path.getParent();
    List<Path> around =
        place.endsWith(IN_RUN_FOLDER) ? List.of(place, place.getParent()) : List.of(place);
    try {
      for (Path folder : around) {
        Files.deleteIfExists(folder);
      }
    } catch (DirectoryNotEmptyException e) {
      // A run that has written something, or another driver of this user.
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + place, e);
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
