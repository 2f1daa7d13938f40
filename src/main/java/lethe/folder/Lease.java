package lethe.folder;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * Allows one driver per run folder: {@code lease.json} has the driver's name and is renewed while
 * it lives.
 *
 * <p>A driver that finds the lease of another one watches it. If it changes, the other one lives
 * and this one is refused; if it does not change for a minute of this driver's own time, the other
 * one is dead. No date decides anything, so neither wrong clocks nor damaged files can block a
 * folder for ever.
 *
 * <p>A driver that was only paused finds, before its next change of the folder and at its next sign
 * of life at the latest, that the lease is not its own any more. It then changes nothing, and the
 * lease's {@link Listener} stops it. Object stores have no locks, so of two drivers that start at
 * the same instant both may begin; the one whose lease was written over stops in this way.
 */
public final class Lease implements Fence, AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(10);

  /** The tokens of the leases that this process has. */
  private static final Set<String> HELD = ConcurrentHashMap.newKeySet();

  /** Hears of a lease from any thread. */
  public interface Listener {
    /** Something the user and the operator should know. */
    void notice(String sentence);

    /** Called once, when the lease is found to be another driver's: all work must end. */
    void lost(LeaseLostException why);
  }

  private final Files files;
  private final Path root;
  private final Path path;
  private final Path provenance;
  private final RunFolder fenced;
  private final Listener listener;
  private final LeaseTime time;
  private final AtomicReference<LeaseLostException> lost = new AtomicReference<>();
  private final ScheduledExecutorService beating =
      Executors.newSingleThreadScheduledExecutor(DaemonThread.named("lethe-lease"));
  private Optional<ScheduledFuture<?>> beats = Optional.empty();
  private volatile LeaseHolder self;
  private boolean failing;

  /** A lease that is not taken yet. */
  public Lease(RunFolder folder, Listener listener) {
    this(folder, listener, LeaseTime.REAL);
  }

  Lease(RunFolder folder, Listener listener, LeaseTime time) {
    this.files = folder.files();
    this.root = folder.root();
    this.path = new Path(root, "lease.json");
    this.provenance = folder.provenance();
    this.fenced = new RunFolder(root, files.fenced(this));
    this.listener = listener;
    this.time = time;
  }

  /** The run folder, for this driver: what changes it looks at the lease first. */
  public RunFolder folder() {
    return fenced;
  }

  /**
   * Takes the lease and renews it from now on; ends the writes of those who had it before.
   *
   * @throws InvalidSettings when another driver that is alive has it
   */
  public void take() {
    if (files.exists(path) && !files.isFile(path)) {
      throw new InvalidSettings(
          "Cannot use %s: lease.json in it is a folder; delete that folder if no driver uses %s"
              .formatted(root, root));
    }
    Optional<byte[]> found = content();
    Optional<LeaseHolder> before = found.flatMap(LeaseHolder::parse);
    boolean held = before.filter(h -> HELD.contains(h.token())).isPresent();
    boolean dead = !held && before.filter(Lease::isDead).isPresent();
    if (found.isPresent() && !dead) {
      new LeaseWatch(root, path, this::content, listener::notice, time).watch(found.get(), held);
    }
    int last = Math.max(before.map(LeaseHolder::driver).orElse(0), lastDriver());
    String token = UUID.randomUUID().toString();
    write(LeaseHolder.here(last + 1, token));
    HELD.add(token);
    beats =
        Optional.of(
            beating.scheduleWithFixedDelay(
                this::beat, BEAT.toSeconds(), BEAT.toSeconds(), TimeUnit.SECONDS));
    files.settle(path.getParent(), path);
  }

  /** Whether it is known that a driver has ended: one of this host whose process is no more. */
  private static boolean isDead(LeaseHolder holder) {
    // A container that is started again may get the name and the process id it had before.
    return holder.isOnThisHost()
        && (holder.pid() == ProcessHandle.current().pid()
            || ProcessHandle.of(holder.pid()).isEmpty());
  }

  /** The number of the last driver that had the folder and gave it back. */
  private int lastDriver() {
    try {
      return Json.MAPPER.readTree(files.read(provenance)).path("driver").asInt();
    } catch (IOException | RuntimeException e) { // whoever reads its settings will say so
      return 0;
    }
  }

  /** What is in the lease's file; empty if there is none. */
  private Optional<byte[]> content() {
    try {
      return Optional.of(files.read(path));
    } catch (InvalidSettings e) { // there is no such file
      return Optional.empty();
    }
  }

  private void write(LeaseHolder holder) {
    LeaseHolder next = holder.next(time.now().toString());
    files.writeJson(path, next);
    self = next;
  }

  /** Renews the lease; an error is said once, and the next beat tries again. */
  void beat() {
    try {
      check();
      write(self);
      if (failing) {
        failing = false;
        listener.notice(path + " is renewed again");
      }
    } catch (LeaseLostException e) {
      beating.shutdown();
    } catch (RuntimeException | Error e) {
      if (!failing) {
        failing = true;
        listener.notice(
            "Warning: %s could not be renewed (%s). The run goes on and tries again every %d s; another driver could take the folder over after %d s"
                .formatted(path, e.getMessage(), BEAT.toSeconds(), LeaseWatch.TIMEOUT.toSeconds()));
      }
    }
  }

  @Override
  public void check() {
    if (self != null && lost.get() == null) {
      Optional<byte[]> content = content();
      Optional<LeaseHolder> holder = content.flatMap(LeaseHolder::parse);
      boolean own = holder.filter(h -> h.token().equals(self.token())).isPresent();
      if (!own && lost.compareAndSet(null, new LeaseLostException(why(holder, content)))) {
        listener.lost(lost.get());
      }
    }
    lost()
        .ifPresent(
            why -> {
              throw why;
            });
  }

  private String why(Optional<LeaseHolder> holder, Optional<byte[]> content) {
    String found =
        holder
            .map(h -> "%s, driver %d of the folder, has taken it over".formatted(h, h.driver()))
            .orElse(content.isPresent() ? "lease.json is damaged" : "lease.json is gone");
    return "Stopped: %s is not this driver's (number %d) any more: %s. Nothing more is written there; the same command goes on when no other driver uses the folder"
        .formatted(root, self.driver(), found);
  }

  /** Why this driver must not change the folder any more; empty as long as it may. */
  public Optional<LeaseLostException> lost() {
    return Optional.ofNullable(lost.get());
  }

  @Override
  public int driver() {
    return self.driver();
  }

  /**
   * Gives the lease back if this driver has it, and removes the run folder if it is then empty. A
   * failure is said and not thrown: the work that was done under the lease is done.
   */
  @Override
  public void close() {
    beats.ifPresent(b -> b.cancel(false));
    beating.shutdown();
    if (self == null) {
      return;
    }
    try {
      // A beat that is under way would write the file again.
      boolean quiet = beating.awaitTermination(BEAT.toSeconds(), TimeUnit.SECONDS);
      check();
      if (quiet) {
        files.delete(path);
      }
      if (files.list(root).isEmpty() && files.folders(root).isEmpty()) {
        files.delete(root);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LeaseLostException e) {
      // said by the listener
    } catch (RuntimeException e) {
      listener.notice(
          "Warning: %s could not be deleted (%s); if no driver uses %s, delete it, or the next one on another host waits for %d s"
              .formatted(path, e.getMessage(), root, LeaseWatch.TIMEOUT.toSeconds()));
    } finally {
      HELD.remove(self.token());
      self = null;
    }
  }
}
