package lethe.nightly;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import lethe.folder.FaultyFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/** The local disk under the scheme {@code flaky}, of which one file cannot be opened once. */
public final class FlakyReads extends FaultyFileSystem {
  private static final AtomicInteger OPENED = new AtomicInteger();
  private static volatile int failing;

  /**
   * Begins to count.
   *
   * @param nth the one, from 1, that fails; 0 for none
   */
  static void plan(int nth) {
    OPENED.set(0);
    failing = nth;
  }

  /** How many files have been opened since. */
  static int opened() {
    return OPENED.get();
  }

  @Override
  public FSDataInputStream open(Path path, int buffer) throws IOException {
    if (OPENED.incrementAndGet() == failing) {
      throw new IOException("503 Slow Down");
    }
    return super.open(path, buffer);
  }
}
