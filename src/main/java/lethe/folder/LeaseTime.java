package lethe.folder;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** The time that a lease sees. */
interface LeaseTime {
  /** The time of day, which may jump. */
  Instant now();

  /** Nanoseconds that only grow, from anywhere. */
  long nanos();

  /** Waits. */
  void pause(Duration time) throws InterruptedException;

  LeaseTime REAL =
      new LeaseTime() {
        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void pause(Duration time) throws InterruptedException {
          TimeUnit.NANOSECONDS.sleep(time.toNanos());
        }
      };
}
