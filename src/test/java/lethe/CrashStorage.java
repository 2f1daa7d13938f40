package lethe;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.FaultyFileSystem;
import lethe.folder.S3Faults;
import org.apache.commons.io.FileUtils;

/** A run folder whose calls fail as planned, and which a test can read and replace as a whole. */
interface CrashStorage extends AutoCloseable {
  /**
   * A new one.
   *
   * @param scheme one of {@link FaultyFileSystem}, or {@code s3a}
   * @param folder of the test
   */
  static CrashStorage of(String scheme, Path folder) throws IOException, InterruptedException {
    return scheme.equals("s3a") ? new Bucket(folder) : new Disk(scheme, folder.resolve("run"));
  }

  /** The value of run.dir. */
  String uri();

  /** What Hadoop must know of it. */
  Map<String, String> hadoop();

  /** Every file by its name in the folder, past all faults. */
  Map<String, byte[]> contents();

  /** Puts these files in place of those that are there. */
  void replace(Map<String, byte[]> files);

  @Override
  void close();

  /** Below a scheme of {@link FaultyFileSystem}. */
  record Disk(String scheme, Path run) implements CrashStorage {
    @Override
    public String uri() {
      return scheme + ":" + run;
    }

    @Override
    public Map<String, String> hadoop() {
      Map<String, String> settings = new LinkedHashMap<>();
      FaultyFileSystem.configuration()
          .getPropsWithPrefix("fs.crash")
          .forEach((key, value) -> settings.put("fs.crash" + key, value));
      return settings;
    }

    @Override
    public Map<String, byte[]> contents() {
      Map<String, byte[]> contents = new TreeMap<>();
      if (Files.exists(run)) {
        try {
          for (File file : FileUtils.listFiles(run.toFile(), null, true)) {
            contents.put(
                run.relativize(file.toPath()).toString(), Files.readAllBytes(file.toPath()));
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return contents;
    }

    @Override
    public void replace(Map<String, byte[]> files) {
      try {
        FileUtils.deleteDirectory(run.toFile());
        for (var file : files.entrySet()) {
          FileUtils.writeByteArrayToFile(run.resolve(file.getKey()).toFile(), file.getValue());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      // the test's folder is deleted by JUnit
    }
  }

  /** Behind the S3 server of the tests; what fails is a request, see {@link S3Faults}. */
  final class Bucket implements CrashStorage {
    private static final String NAME = "lethe";
    private static final String RUN = "run/";

    private final S3Server server;
    private final S3Bucket bucket;

    Bucket(Path folder) throws IOException, InterruptedException {
      server = new S3Server(folder);
      bucket = server.bucket(NAME);
    }

    @Override
    public String uri() {
      return "s3a://" + NAME + "/run";
    }

    @Override
    public Map<String, String> hadoop() {
      Map<String, String> settings = new LinkedHashMap<>(server.hadoop());
      settings.put("fs.s3a.access.key", S3Server.KEY);
      settings.put("fs.s3a.secret.key", S3Server.SECRET);
      settings.putAll(S3Faults.hadoop());
      return settings;
    }

    @Override
    public Map<String, byte[]> contents() {
      Map<String, byte[]> contents = new TreeMap<>();
      for (String key : bucket.keys(RUN)) {
        if (!key.endsWith("/")) { // a folder of Hadoop's
          contents.put(key.substring(RUN.length()), bucket.get(key));
        }
      }
      return contents;
    }

    @Override
    public void replace(Map<String, byte[]> files) {
      bucket.keys("").forEach(bucket::delete);
      files.forEach((name, content) -> bucket.put(RUN + name, content));
    }

    @Override
    public void close() {
      bucket.close();
      server.close();
    }
  }
}
