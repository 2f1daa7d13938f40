package lethe.train.optimizer;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The state of an optimizer after a step, while later steps change it: whoever writes it down reads
 * the vectors themselves, and a bucket that is about to change before it is read is copied first.
 * Where a step takes longer than writing nothing is copied. There is a bound to what is copied at a
 * time; a step that would need more waits until some of it is read.
 */
public final class Snapshot implements AutoCloseable {
  /** Takes a bucket. */
  @FunctionalInterface
  public interface Use {
    void take(float[] bucket) throws IOException;
  }

  private enum Stage {
    /** Nobody has read it, and it has not changed. */
    PENDING,
    /** It is read, or copied, just now: it must not change. */
    BUSY,
    /** A copy is read in its place. */
    COPIED,
    /** It has been read. */
    DONE
  }

  private final int steps;
  private final List<float[][]> vectors;
  private final float[][][] copies;
  private final Stage[][] stages;
  private final Duration patience;
  private final Consumer<Duration> slow;
  private long room; // elements that may still be copied
  private boolean closed;
  private boolean told;

  /**
   * @param steps that the state is after
   * @param vectors those of the optimizer, the weights first, bucket by bucket
   * @param room most elements that are copied at a time
   * @param patience how long a step waits for the reader before the user hears of it
   * @param slow takes how long a step has waited
   */
  Snapshot(
      int steps, List<float[][]> vectors, long room, Duration patience, Consumer<Duration> slow) {
    this.steps = steps;
    this.vectors = vectors;
    this.room = room;
    this.patience = patience;
    this.slow = slow;
    int buckets = vectors.get(0).length;
    copies = new float[vectors.size()][buckets][];
    stages = new Stage[vectors.size()][buckets];
    for (Stage[] row : stages) {
      Arrays.fill(row, Stage.PENDING);
    }
  }

  /** Steps that the state is after. */
  public int steps() {
    return steps;
  }

  /** Buckets of each vector. */
  public int buckets() {
    return stages[0].length;
  }

  /**
   * Reads a bucket as it was; each is read once.
   *
   * @param vector its place in {@link UpdateRule#vectors}
   */
  public void read(int vector, int bucket, Use use) throws IOException {
    float[] values;
    synchronized (this) {
      while (stages[vector][bucket] == Stage.BUSY) {
        await(Duration.ofDays(1));
      }
      boolean copied = stages[vector][bucket] == Stage.COPIED;
      values = copied ? copies[vector][bucket] : vectors.get(vector)[bucket];
      stages[vector][bucket] = Stage.BUSY;
    }
    try {
      use.take(values);
    } finally {
      synchronized (this) {
        if (copies[vector][bucket] != null) {
          copies[vector][bucket] = null;
          room += values.length;
        }
        stages[vector][bucket] = Stage.DONE;
        notifyAll();
      }
    }
  }

  /** Keeps a bucket of all vectors as it is, before it changes; from any thread. */
  void keep(int bucket) {
    for (int vector = 0; vector < copies.length; vector++) {
      float[] values = vectors.get(vector)[bucket];
      if (reserve(vector, bucket, values.length)) {
        float[] copy = values.clone();
        synchronized (this) {
          copies[vector][bucket] = copy;
          stages[vector][bucket] = Stage.COPIED;
          notifyAll();
        }
      }
    }
  }

  /**
   * Waits until a bucket has been read, or there is room for a copy of it.
   *
   * @return whether it is to be copied
   */
  private synchronized boolean reserve(int vector, int bucket, int length) {
    long begun = System.nanoTime();
    while (!closed) {
      switch (stages[vector][bucket]) {
        case DONE, COPIED -> {
          return false;
        }
        case PENDING -> {
          if (length <= room) {
            room -= length;
            stages[vector][bucket] = Stage.BUSY;
            return true;
          }
        }
        case BUSY -> {}
      }
      await(patience);
      Duration waited = Duration.ofNanos(System.nanoTime() - begun);
      if (!told && waited.compareTo(patience) >= 0) {
        told = true; // once, though many threads may wait
        slow.accept(waited);
      }
    }
    return false;
  }

  private void await(Duration most) {
    try {
      TimeUnit.NANOSECONDS.timedWait(this, most.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a checkpoint was written", e);
    }
  }

  /** Nothing more is read: what is still to be kept may change. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
