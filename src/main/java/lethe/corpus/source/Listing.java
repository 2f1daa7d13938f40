package lethe.corpus.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.spark.PartitionFolder;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Every file that a path means: the file, or all below the folder, or all that match, whatever
 * their names begin with. Spark's own listing leaves out names with a dot or an underscore in
 * front, and subfolders, without a word.
 *
 * @param base folder that names are relative to, with a slash at its end
 * @param files by path, whole
 * @param empty names of files without a byte
 * @param leftOut how many files were left out by what they belong to: version control, or what
 *     programs write beside data
 */
public record Listing(
    String base, List<FileSlice> files, List<String> empty, Map<String, Long> leftOut) {
  private static final Pattern FOLDER =
      Pattern.compile("\\.git|\\.hg|\\.svn|\\.bzr|CVS|_temporary|\\.spark-staging-.*");

  private static final Pattern FILE =
      Pattern.compile(
          "_SUCCESS|_committed_.*|_started_.*|_metadata|_common_metadata|_manifest\\.json|\\..*\\.crc|\\.DS_Store|Thumbs\\.db");

  private static final int MOST_FILES_NAMED = 3;

  /**
   * @param path a file, a folder or a pattern; what has exactly this name is not a pattern
   * @throws InvalidSettings when it is neither and cannot be a pattern
   */
  public static Listing of(String path, Files files) {
    return of(path, "*", files);
  }

  /**
   * The same.
   *
   * @param glob that names of files must match
   */
  static Listing of(String path, String glob, Files files) {
    try {
      Path literal = Files.path(path);
      FileSystem system = files.system(literal);
      GlobFilter names = new GlobFilter(glob);
      List<FileStatus> roots = roots(path, files);
      String base = system.makeQualified(base(literal, files, roots)).toString();
      Listing found =
          new Listing(
              base.endsWith("/") ? base : base + "/",
              new ArrayList<>(),
              new ArrayList<>(),
              new TreeMap<>());
      for (FileStatus root : roots) {
        if (root.isFile()) {
          boolean named = root.getPath().equals(system.makeQualified(literal));
          if (!named
              && (!names.accept(root.getPath()) || found.leaveOut(found.name(root.getPath())))) {
            continue;
          }
          found.add(new LocatedFileStatus(root, new BlockLocation[0]));
          continue;
        }
        RemoteIterator<LocatedFileStatus> all = system.listFiles(root.getPath(), true);
        while (all.hasNext()) {
          LocatedFileStatus file = all.next();
          if (names.accept(file.getPath()) && !found.leaveOut(found.name(file.getPath()))) {
            found.add(file);
          }
        }
      }
      found.files.sort(Comparator.comparing(FileSlice::file));
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + path + ": " + e.getMessage(), e);
    }
  }

  /** About as many bytes as all files have when they are unpacked. */
  public long unpackedBytes() {
    return files.stream().mapToLong(FileRows::unpacked).sum();
  }

  /** Whether there is anything at a path. */
  public static boolean exists(String path, Files files) {
    return !roots(path, files).isEmpty();
  }

  private static List<FileStatus> roots(String path, Files files) {
    Path literal = Files.path(path);
    try {
      FileSystem system = files.system(literal);
      return files.exists(literal)
          ? List.of(system.getFileStatus(literal))
          : matches(path, literal, system);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look for " + path + ": " + e.getMessage(), e);
    }
  }

  private static List<FileStatus> matches(String path, Path pattern, FileSystem system) {
    try {
      FileStatus[] matches = system.globStatus(pattern);
      return matches == null ? List.of() : Arrays.asList(matches);
    } catch (IOException | RuntimeException e) {
      String why =
          e.getCause() instanceof URISyntaxException // which Hadoop's patterns cannot pass by
              ? "a file there has a colon in its name; name the folder as path, and its files with"
                  + " glob"
              : "there is no such file, and it is no pattern: "
                  + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new InvalidSettings("Cannot read " + path + ": " + why, e);
    }
  }

  /** The folder itself, or that of the file, or the path up to its first wildcard. */
  private static Path base(Path path, Files files, List<FileStatus> roots) {
    if (files.exists(path)) {
      return roots.get(0).isFile() ? path.getParent() : path;
    }
    Path base = path;
    while (base.toString().matches(".*[*?\\[{].*")) {
      base = base.getParent() == null ? new Path(".") : base.getParent();
    }
    return base;
  }

  private String name(Path file) {
    String path = file.toString();
    return path.startsWith(base) ? path.substring(base.length()) : file.getName();
  }

  private void add(LocatedFileStatus file) {
    String name = name(file.getPath());
    if (file.getLen() == 0) {
      empty.add(name);
      return;
    }
    List<String> hosts = List.of();
    try {
      if (file.getBlockLocations().length > 0) {
        hosts = List.of(file.getBlockLocations()[0].getHosts());
      }
    } catch (IOException e) {
      hosts = List.of(); // only a preference
    }
    files.add(new FileSlice(file.getPath().toString(), name, 0, file.getLen(), hosts));
  }

  private boolean leaveOut(String name) {
    String[] parts = name.split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      Pattern junk = i < parts.length - 1 ? FOLDER : FILE;
      if (junk.matcher(parts[i]).matches()) {
        leftOut.merge(parts[i].endsWith(".crc") ? ".*.crc" : parts[i], 1L, Long::sum);
        return true;
      }
    }
    return false;
  }

  /** A sentence on files that are not documents, if there are any. */
  List<String> notes(String source) {
    Stream<String> none =
        empty.isEmpty()
            ? Stream.of()
            : Stream.of(
                "%d without a byte (%s%s)"
                    .formatted(
                        empty.size(),
                        empty.stream().limit(MOST_FILES_NAMED).collect(Collectors.joining(", ")),
                        empty.size() > MOST_FILES_NAMED ? ", ..." : ""));
    String files =
        Stream.concat(
                none, leftOut.entrySet().stream().map(e -> e.getValue() + " of " + e.getKey()))
            .collect(Collectors.joining(", "));
    return files.isEmpty()
        ? List.of()
        : List.of("Source " + source + ": files that are not documents: " + files);
  }

  /** Members that the names of folders give, as {@code lang} in {@code lang=en/a.jsonl}. */
  static Map<String, String> members(String name) {
    Map<String, String> members = new TreeMap<>();
    String[] parts = name.split("/", -1);
    for (String part : Arrays.asList(parts).subList(0, parts.length - 1)) {
      int equals = part.indexOf('=');
      String value = part.substring(equals + 1);
      if (equals > 0 && !value.equals(DomainName.NULL)) {
        members.put(
            PartitionFolder.unescaped(part.substring(0, equals)), PartitionFolder.unescaped(value));
      }
    }
    return members;
  }
}
