package lethe.corpus;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lethe.corpus.source.FileRows;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * The files of the tables that prepare wrote, each with a checksum: the executors compute it when
 * the tables have been written, and again when another process first reads them.
 *
 * @param root the run folder, which the paths of the files are relative to
 */
record PartFiles(SparkSession spark, Files files, Path root) {
  /** Most damaged files that a message names. */
  private static final int NAMED = 3;

  /** Files whose bytes this process has found to have the checksum beside them. */
  private static final Set<Checked> CHECKED = ConcurrentHashMap.newKeySet();

  private record Checked(Path file, String sha256) {}

  /** The Parquet files in and below some folders, ordered by path. */
  List<Manifest.Part> list(List<Path> folders) {
    List<FileStatus> found = new ArrayList<>();
    folders.forEach(folder -> find(folder, found));
    found.sort(Comparator.comparing(file -> file.getPath().toString()));
    List<String> sums = sums(found.stream().map(FileStatus::getPath).toList());
    int prefix = (files.qualified(root) + "/").length();
    List<Manifest.Part> parts = new ArrayList<>();
    for (int i = 0; i < sums.size(); i++) {
      Path file = found.get(i).getPath();
      CHECKED.add(new Checked(file, sums.get(i)));
      parts.add(
          new Manifest.Part(file.toString().substring(prefix), found.get(i).getLen(), sums.get(i)));
    }
    return parts;
  }

  /**
   * Compares files with their checksums, unless this process has done so before.
   *
   * @throws InvalidSettings naming files that are missing or have changed
   */
  void verify(List<Manifest.Part> parts) {
    List<Checked> unread =
        parts.stream()
            .map(part -> new Checked(files.qualified(new Path(root, part.path())), part.sha256()))
            .filter(part -> !CHECKED.contains(part))
            .toList();
    List<String> sums = sums(unread.stream().map(Checked::file).toList());
    List<String> damaged = new ArrayList<>();
    for (int i = 0; i < sums.size(); i++) {
      if (sums.get(i).equals(unread.get(i).sha256())) {
        CHECKED.add(unread.get(i));
      } else {
        damaged.add(
            unread.get(i).file() + (sums.get(i).isEmpty() ? " is missing" : " has changed"));
      }
    }
    if (!damaged.isEmpty()) {
      throw new InvalidSettings(
          "Cannot use the corpus in %s: %s since it was prepared%s; restore what is damaged, or run prepare again with overwrite=true"
              .formatted(
                  root,
                  String.join(", ", damaged.subList(0, Math.min(NAMED, damaged.size()))),
                  damaged.size() > NAMED
                      ? " (and %d more)".formatted(damaged.size() - NAMED)
                      : ""));
    }
  }

  /** The SHA-256 of each file, empty where there is none. */
  private List<String> sums(List<Path> paths) {
    if (paths.isEmpty()) {
      return List.of();
    }
    var context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    var hadoop = FileRows.hadoop(spark);
    List<String> names = paths.stream().map(Path::toString).toList();
    return context
        .parallelize(names, Math.min(names.size(), context.defaultParallelism()))
        .map(
            name -> {
              Files own = new Files(hadoop.value().value());
              Path path = new Path(name);
              return own.exists(path) ? own.sha256(path) : "";
            })
        .collect();
  }

  private void find(Path folder, List<FileStatus> found) {
    FileSystem system = files.system(folder);
    try {
      if (system.getUri().getScheme().equals("file")) {
        findHere(system, folder, found);
        return;
      }
      RemoteIterator<LocatedFileStatus> all = system.listFiles(folder, true); // few requests
      while (all.hasNext()) {
        add(all.next(), found);
      }
    } catch (FileNotFoundException e) { // an object store has no folder where nothing was written
      return;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder + ": " + e.getMessage(), e);
    }
  }

  /** The same on this machine, where Hadoop would start a process for the place of each file. */
  private static void findHere(FileSystem system, Path folder, List<FileStatus> found)
      throws IOException {
    for (FileStatus entry : system.listStatus(folder)) {
      if (entry.isDirectory()) {
        findHere(system, entry.getPath(), found);
      } else {
        add(entry, found);
      }
    }
  }

  private static void add(FileStatus file, List<FileStatus> found) {
    if (file.getPath().getName().endsWith(".parquet")) {
      found.add(file);
    }
  }
}
