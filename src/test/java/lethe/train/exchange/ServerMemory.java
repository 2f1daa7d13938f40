package lethe.train.exchange;

import com.sun.management.ThreadMXBean;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lethe.folder.DaemonThread;

/** What the network threads of a driver allocate, and the most memory that is in use meanwhile. */
final class ServerMemory implements AutoCloseable {
  private static final String THREADS = "lethe-server";
  private static final long PERIOD_MILLIS = 5;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Map<Long, Long> before = allocatedByThread();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(DaemonThread.named("memory"));
  private final long directBefore = direct();
  private volatile long directPeak;
  private volatile long heapPeak;

  ServerMemory() {
    ScheduledFuture<?> unused =
        clock.scheduleAtFixedRate(this::look, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    directPeak = Math.max(directPeak, direct());
    heapPeak =
        Math.max(heapPeak, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
  }

  /** Netty counts what it takes past Java, and Java the rest. */
  private static long direct() {
    long counted = Math.max(0, PlatformDependent.usedDirectMemory());
    return counted
        + ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
  }

  /** Bytes of the heap that the network threads have allocated since the beginning. */
  long allocated() {
    return allocatedByThread().entrySet().stream()
        .mapToLong(thread -> thread.getValue() - before.getOrDefault(thread.getKey(), 0L))
        .sum();
  }

  private Map<Long, Long> allocatedByThread() {
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(thread -> thread != null && thread.getThreadName().startsWith(THREADS))
        .collect(
            Collectors.toMap(
                ThreadInfo::getThreadId,
                thread -> Math.max(0, threads.getThreadAllocatedBytes(thread.getThreadId()))));
  }

  /** By how many bytes the direct memory of the whole process was ever larger than before. */
  long directGrowth() {
    return directPeak - directBefore;
  }

  /** Most bytes of the heap in use, garbage included. */
  long heapPeak() {
    return heapPeak;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
