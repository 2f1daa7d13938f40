package lethe.corpus;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lethe.corpus.source.FileRows;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** The files a finished write of chunks left, with a checksum each, computed on the executors. */
final class PartFiles {
  private PartFiles() {}

  static List<Manifest.Part> list(SparkSession spark, RunFolder folder) {
    List<LocatedFileStatus> files = files(folder);
    if (files.isEmpty()) {
      return List.of();
    }
    var context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    var hadoop = FileRows.hadoop(spark);
    List<String> paths = files.stream().map(file -> file.getPath().toString()).toList();
    List<String> sums =
        context
            .parallelize(paths, Math.min(paths.size(), context.defaultParallelism()))
            .map(path -> new Files(hadoop.value().value()).sha256(new Path(path)))
            .collect();
    String root = folder.files().system(folder.corpus()).makeQualified(folder.corpus()) + "/";
    List<Manifest.Part> parts = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      String path = paths.get(i).substring(root.length());
      parts.add(new Manifest.Part(path, files.get(i).getLen(), sums.get(i)));
    }
    return parts;
  }

  private static List<LocatedFileStatus> files(RunFolder folder) {
    List<LocatedFileStatus> found = new ArrayList<>();
    FileSystem system = folder.files().system(folder.corpus());
    try {
      RemoteIterator<LocatedFileStatus> all = system.listFiles(folder.corpus(), true);
      while (all.hasNext()) {
        LocatedFileStatus file = all.next();
        if (file.getPath().getName().endsWith(".parquet")) {
          found.add(file);
        }
      }
    } catch (FileNotFoundException e) {
      return List.of(); // an object store has no folder where nothing was written
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder.corpus() + ": " + e.getMessage(), e);
    }
    found.sort(Comparator.comparing(file -> file.getPath().toString()));
    return found;
  }
}
