package lethe.corpus.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import lethe.spark.DataSources;
import lethe.spark.ScalaCollections;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;

/** The entries of files, streamed by tasks of about the same share of them. */
public final class FileRows {
  /** What opening a file costs, in bytes that could be read meanwhile; as Spark counts it. */
  private static final long OPENING = 4L << 20;

  private static final int USUAL_PACKING = 10;

  private static final Pattern PACKED = Pattern.compile("\\.(gz|bz2|zst|xz)$");

  private FileRows() {}

  /** Lines, or the objects of an array. */
  public static JavaRDD<FileEntry> entries(SparkSession spark, Listing listing) {
    return entries(spark, listing, hadoop(spark));
  }

  /**
   * The same.
   *
   * @param hadoop of {@link #hadoop}
   */
  static JavaRDD<FileEntry> entries(
      SparkSession spark, Listing listing, Broadcast<SerializableConfiguration> hadoop) {
    long most = most(spark, listing);
    List<FileSlice> slices = new ArrayList<>();
    for (FileSlice file : listing.files()) {
      if (PACKED.matcher(file.file()).find()) { // one task reads it from its beginning
        slices.add(file);
        continue;
      }
      for (long from = 0; from < file.to(); from += most) {
        slices.add(
            new FileSlice(
                file.file(), file.name(), from, Math.min(from + most, file.to()), file.hosts()));
      }
    }
    return tasks(spark, slices, most).flatMap(new Read(hadoop, false));
  }

  /** About as many bytes as a file has when it is unpacked. */
  static long unpacked(FileSlice file) {
    return file.bytes() * (PACKED.matcher(file.file()).find() ? USUAL_PACKING : 1);
  }

  /**
   * Whole files.
   *
   * @param hadoop of {@link #hadoop}
   */
  static JavaRDD<FileEntry> whole(
      SparkSession spark, Listing listing, Broadcast<SerializableConfiguration> hadoop) {
    return tasks(spark, listing.files(), most(spark, listing)).flatMap(new Read(hadoop, true));
  }

  /**
   * Hadoop's settings for tasks. They have a thousand keys and are slow to read: every executor
   * gets them once, not every task of every stage that begins with a source.
   */
  public static Broadcast<SerializableConfiguration> hadoop(SparkSession spark) {
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .broadcast(new SerializableConfiguration(spark.sparkContext().hadoopConfiguration()));
  }

  /** Bytes of a task, as Spark decides it for its own readers. */
  private static long most(SparkSession spark, Listing listing) {
    long all = listing.files().stream().mapToLong(file -> file.bytes() + OPENING).sum();
    long share = all / spark.sparkContext().defaultParallelism() + 1;
    return Math.min(DataSources.maxPartitionBytes(spark), Math.max(OPENING, share));
  }

  private static JavaRDD<List<FileSlice>> tasks(
      SparkSession spark, List<FileSlice> slices, long most) {
    List<Tuple2<List<FileSlice>, List<String>>> tasks = new ArrayList<>();
    List<FileSlice> task = new ArrayList<>();
    long bytes = 0;
    for (FileSlice slice : slices) {
      if (!task.isEmpty() && bytes + slice.bytes() > most) {
        tasks.add(task(task));
        task = new ArrayList<>();
        bytes = 0;
      }
      task.add(slice);
      bytes += slice.bytes() + OPENING;
    }
    if (!task.isEmpty()) {
      tasks.add(task(task));
    }
    if (tasks.isEmpty()) {
      return JavaSparkContext.fromSparkContext(spark.sparkContext()).emptyRDD();
    }
    return ScalaCollections.located(spark.sparkContext(), tasks);
  }

  private static Tuple2<List<FileSlice>, List<String>> task(List<FileSlice> slices) {
    return new Tuple2<>(slices, slices.get(0).hosts());
  }

  /** Reads slices one after the other; no more than one file is open. */
  private record Read(Broadcast<SerializableConfiguration> hadoop, boolean whole)
      implements FlatMapFunction<List<FileSlice>, FileEntry> {
    @Override
    public Iterator<FileEntry> call(List<FileSlice> slices) {
      Opener opener = new Opener(hadoop.value().value());
      if (whole) {
        return slices.stream().map(slice -> file(slice, opener)).iterator();
      }
      Entries entries = new Entries(slices.iterator(), opener);
      if (TaskContext.get() != null) {
        TaskContext.get()
            .addTaskCompletionListener((TaskCompletionListener) context -> entries.close());
      }
      return entries;
    }

    private static FileEntry file(FileSlice slice, Opener opener) {
      try (InputStream packed = opener.raw(slice.file())) {
        byte[] head = packed.readNBytes(Packing.HEAD_BYTES);
        boolean foreign = Packing.of(head).refusal() != null;
        try (InputStream in = foreign ? opener.raw(slice.file()) : opener.text(slice.file())) {
          byte[] content = in.readAllBytes();
          return new FileEntry(slice.file(), slice.name(), 0, content, null);
        }
      } catch (IOException e) {
        throw failed(slice, e);
      }
    }
  }

  private static UncheckedIOException failed(FileSlice slice, IOException e) {
    return new UncheckedIOException("Cannot read " + slice.file() + ": " + e.getMessage(), e);
  }

  private static final class Entries implements Iterator<FileEntry> {
    private final Iterator<FileSlice> slices;
    private final Opener opener;
    private FileSlice slice;
    private FileSliceReader reader;
    private FileEntry next;

    Entries(Iterator<FileSlice> slices, Opener opener) {
      this.slices = slices;
      this.opener = opener;
    }

    @Override
    public boolean hasNext() {
      try {
        while (next == null && (reader != null || slices.hasNext())) {
          if (reader == null) {
            slice = slices.next();
            reader = FileSliceReader.open(slice, opener);
          }
          next = reader.next();
          if (next == null) {
            close();
          }
        }
      } catch (IOException e) {
        throw failed(slice, e);
      }
      return next != null;
    }

    @Override
    public FileEntry next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no entry is left");
      }
      FileEntry entry = next;
      next = null;
      return entry;
    }

    void close() {
      try {
        if (reader != null) {
          reader.close();
        }
      } catch (IOException e) {
        throw failed(slice, e);
      } finally {
        reader = null;
      }
    }
  }
}
