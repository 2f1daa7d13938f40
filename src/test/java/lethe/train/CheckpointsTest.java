package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import lethe.folder.Faults;
import lethe.folder.FaultyFileSystem;
import lethe.model.checkpoint.NamedShape;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of a checkpoint when things go wrong. */
class CheckpointsTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 1_000)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          300);

  @TempDir Path folder;

  @AfterEach
  void noFault() {
    Faults.none();
  }

  private final List<String> told = new CopyOnWriteArrayList<>();

  @BeforeEach
  void threeSteps() {
    try (Checkpoints checkpoints = checkpoints("run", "file")) {
      for (int step = 1; step <= 3; step++) {
        checkpoints.save(at(step), "here", Optional.empty(), Optional.empty());
      }
    }
    assertThat(told).isEmpty();
  }

  @Test
  void theNewestIsTakenUpToTheLastBitAndOnlyTwoAreKept() {
    assertResumes(3);
    assertThat(told).isEmpty();
    assertThat(folder.resolve("step-00000001")).doesNotExist();
    assertThat(folder.resolve("step-00000002")).exists();
  }

  @Test
  void oneThatIsHalfWrittenIsPassedOver() throws IOException {
    Files.delete(folder.resolve("step-00000003/manifest.json"));
    assertResumes(2);
    assertThat(told)
        .singleElement()
        .asString()
        .contains("step-00000003 is not used: it was not finished");
  }

  @Test
  void aPartThatIsCutOffIsPassedOver() throws IOException {
    Path part = folder.resolve("step-00000003/mean.bin");
    Files.write(part, Arrays.copyOf(Files.readAllBytes(part), 3_999));
    assertResumes(2);
    assertThat(told).singleElement().asString().contains("mean.bin has 3999 bytes, expected 4000");
  }

  @Test
  void onePartWithOneFlippedBitIsPassedOver() throws IOException {
    Path part = folder.resolve("step-00000003/square.bin");
    byte[] bytes = Files.readAllBytes(part);
    bytes[2_345] ^= 1;
    Files.write(part, bytes);
    assertResumes(2);
    assertThat(told)
        .singleElement()
        .asString()
        .contains("square.bin has sha256", "its manifest says");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"step\": 3, \"ru", "[]", "{}", "17"})
  void oneWithADamagedManifestIsPassedOver(String manifest) throws IOException {
    Files.writeString(folder.resolve("step-00000003/manifest.json"), manifest);
    assertResumes(2);
    assertThat(told).singleElement().asString().contains("step-00000003 is not used: ");
  }

  @Test
  void oneUnderTheNameOfAnotherStepIsPassedOver() throws IOException {
    Files.move(folder.resolve("step-00000003"), folder.resolve("step-00000009"));
    assertResumes(2);
    assertThat(told)
        .singleElement()
        .asString()
        .contains("step-00000009 is not used: its manifest.json is of step 3");
  }

  @Test
  void whereNoneIsWholeTheRunIsRefusedNamingWhatToDo() throws IOException {
    Files.delete(folder.resolve("step-00000003/mean.bin"));
    Files.writeString(folder.resolve("step-00000002/manifest.json"), "{}");
    try (Checkpoints checkpoints = checkpoints("run", "file")) {
      assertThatThrownBy(() -> checkpoints.resume(at(0)))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("Cannot resume: no checkpoint in file:")
          .hasMessageContaining("restore one, or delete that folder to train from the start")
          .hasMessageContaining("mean.bin is missing")
          .hasMessageContaining("step-00000002 is not used: its manifest.json is not one of");
    }
    assertThat(folder.resolve("step-00000003/weights.bin")).exists();
  }

  @Test
  void whereNoneWasFinishedTrainingBeginsAnew() throws IOException {
    Files.delete(folder.resolve("step-00000003/manifest.json"));
    Files.delete(folder.resolve("step-00000002/manifest.json"));
    try (Checkpoints checkpoints = checkpoints("run", "file")) {
      assertThat(checkpoints.resume(at(0))).isEmpty();
    }
    assertThat(told).hasSize(2).allMatch(t -> t.endsWith("it was not finished"));
  }

  @Test
  void aStepThatIsSavedIsNotSavedAgain() throws IOException {
    try (Checkpoints checkpoints = checkpoints("run", "crash-disk")) {
      checkpoints.resume(at(0));
      Faults.plan(1, Faults.How.ONCE);
      checkpoints.save(at(3), "elsewhere", Optional.empty(), Optional.empty());
    }
    assertThat(told).isEmpty();
    assertResumes(3);
  }

  @Test
  void damagedOnesAreRemovedWhenTheirStepsHavePassed() throws IOException {
    Files.delete(folder.resolve("step-00000003/mean.bin"));
    Files.move(folder.resolve("step-00000003"), folder.resolve("step-00000009"));
    try (Checkpoints checkpoints = checkpoints("run", "file")) {
      assertThat(checkpoints.resume(at(0))).isPresent();
      checkpoints.save(at(4), "here", Optional.empty(), Optional.empty());
    }
    assertThat(folder.resolve("step-00000009")).doesNotExist();
    told.clear();
    assertResumes(4);
    assertThat(folder.resolve("step-00000002")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aCrashAtAnyCallLeavesAWholeCheckpoint(String scheme) {
    Path whole = folder;
    boolean ends = false;
    for (int n = 1; !ends; n++) {
      folder = whole.resolve(scheme + n);
      Faults.none();
      try (Checkpoints checkpoints = checkpoints("run", scheme)) {
        checkpoints.save(at(1), "here", Optional.empty(), Optional.empty());
      }
      Faults.plan(n, Faults.How.STOPPED);
      try (Checkpoints checkpoints = checkpoints("run", scheme)) {
        checkpoints.save(at(2), "here", Optional.empty(), Optional.empty());
        checkpoints.save(at(3), "here", Optional.empty(), Optional.empty());
      }
      ends = !Faults.reached();
      String crash = scheme + ", call " + n + ", " + Faults.first();
      Faults.none();
      int found;
      try (Checkpoints checkpoints = checkpoints("run", scheme)) {
        Optimizer optimizer = at(0);
        assertThat(checkpoints.resume(optimizer)).as(crash).isPresent();
        found = optimizer.steps();
        assertThat(optimizer.weights()).as(crash).isDeepEqualTo(at(found).weights());
      }
      assertThat(found).as(crash).isBetween(1, 3);
      if (ends) {
        assertThat(found).isEqualTo(3);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aCrashWhileAllAreRemovedLeavesNoDamagedOne(String scheme) {
    CheckpointFolder all =
        new CheckpointFolder(
            new org.apache.hadoop.fs.Path(scheme + "://" + folder),
            new lethe.folder.Files(hadoop()));
    boolean ends = false;
    while (!ends) {
      Faults.plan(2, Faults.How.STOPPED); // so that each life removes one more file
      try {
        all.discard();
        ends = true;
      } catch (UncheckedIOException e) {
        assertThat(e).hasMessageContaining("Planned fault");
      }
      Faults.none();
      try (Checkpoints checkpoints = checkpoints("run", scheme)) {
        checkpoints.resume(at(0)); // refuses to go on if there are only damaged ones
      }
    }
    assertThat(folder).doesNotExist();
  }

  @Test
  void oneOfAnotherRunIsRefusedNamingWhatDiffersAndStays() {
    Map<String, Object> other = Map.of("train.seed", "another", "unlearn.top-k", 5);
    try (Checkpoints checkpoints = checkpoints(other, "file", Duration.ofMinutes(10))) {
      assertThatThrownBy(() -> checkpoints.resume(at(0)))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(
              "step-00000003: it belongs to a run with different settings or inputs")
          .hasMessageContaining("set overwrite=true to train from the start")
          .hasMessageContaining("train.seed was run, is another")
          .hasMessageContaining("unlearn.top-k was not there, is 5");
    }
    assertResumes(3);
  }

  @Test
  void aSlowWriterIsWaitedForAndTheUserHearsOfIt() throws InterruptedException {
    CountDownLatch twice = new CountDownLatch(2);
    SLOW.set(twice); // the disk takes its first byte when the wait has been said twice
    try (Checkpoints slow =
        new Checkpoints(
            new CheckpointFolder(
                new org.apache.hadoop.fs.Path("slow://" + folder),
                new lethe.folder.Files(hadoop())),
            RunIdentity.of(Map.of("train.seed", "run")),
            UpdateRule.ADAMW.vectors(),
            LAYOUT.buckets(),
            Duration.ofMillis(20),
            sentence -> {
              told.add(sentence);
              twice.countDown();
            })) {
      slow.save(at(4), "here", Optional.empty(), Optional.empty());
    }
    assertThat(told.get(0)).startsWith("A checkpoint is still being written to slow:");
    assertThat(told).hasSizeGreaterThan(1).allMatch(t -> t.contains(" s; still waiting for it"));
    assertResumes(4);
  }

  @Test
  void onAFullDiskTheLastGoodOneStaysAndTheUserIsTold() {
    try (Checkpoints full = checkpoints("run", "tiny")) {
      full.save(at(4), "here", Optional.empty(), Optional.empty());
    }
    assertThat(told)
        .singleElement()
        .asString()
        .contains("the checkpoint of step 4 could not be written (Cannot write tiny:/")
        .contains("mean.bin: No space left on device)")
        .contains("it takes 0.01 MB", "has 0.00 MB left: make room there")
        .contains("a restart would begin after step 3");
    assertThat(folder.resolve("step-00000004")).as("half a checkpoint").doesNotExist();
    told.clear();
    assertResumes(3);
  }

  /** Finds the state of a step, bit by bit. */
  private void assertResumes(int step) {
    try (Checkpoints checkpoints = checkpoints("run", "file")) {
      Optimizer optimizer = at(0);
      Optional<Checkpoints.State> resumed = checkpoints.resume(optimizer);
      assertThat(resumed).isPresent();
      assertThat(resumed.get().environment()).isEqualTo("here");
      Optimizer expected = at(step);
      assertThat(optimizer.steps()).isEqualTo(step);
      for (int v = 0; v < 3; v++) {
        assertThat(optimizer.vectors().get(v)).isDeepEqualTo(expected.vectors().get(v));
      }
    }
  }

  private static Optimizer at(int step) {
    float[][] weights = LAYOUT.buckets().allocate();
    float[][] gradient = LAYOUT.buckets().allocate();
    for (int b = 0; b < weights.length; b++) {
      for (int i = 0; i < weights[b].length; i++) {
        weights[b][i] = b + i / 7f;
        gradient[b][i] = i - b / 3f;
      }
    }
    Optimizer optimizer = new Optimizer(UpdateRule.ADAMW, LAYOUT, weights, 1, 0.1);
    for (int s = 0; s < step; s++) {
      optimizer.advance();
      for (int b = 0; b < weights.length; b++) {
        optimizer.update(b, gradient[b], 2, 0.1);
      }
    }
    return optimizer;
  }

  private Checkpoints checkpoints(String run, String scheme) {
    return checkpoints(Map.of("train.seed", run), scheme, Duration.ofMinutes(10));
  }

  private Checkpoints checkpoints(Map<String, ?> run, String scheme, Duration patience) {
    return new Checkpoints(
        new CheckpointFolder(
            new org.apache.hadoop.fs.Path(scheme + "://" + folder),
            new lethe.folder.Files(hadoop())),
        RunIdentity.of(run),
        UpdateRule.ADAMW.vectors(),
        LAYOUT.buckets(),
        patience,
        told::add);
  }

  private static Configuration hadoop() {
    Configuration hadoop = FaultyFileSystem.configuration();
    hadoop.set("fs.tiny.impl", FullDisk.class.getName());
    hadoop.set("fs.slow.impl", SlowDisk.class.getName());
    return hadoop;
  }

  /** What a {@link SlowDisk} waits for; it is made by Hadoop, which hands nothing over. */
  private static final AtomicReference<CountDownLatch> SLOW =
      new AtomicReference<>(new CountDownLatch(0));

  /** The local disk, which is asked to delete before it is written, when it pleases. */
  public static final class SlowDisk extends RawLocalFileSystem {
    @Override
    public boolean delete(org.apache.hadoop.fs.Path path, boolean recursive) throws IOException {
      await();
      return super.delete(path, recursive);
    }

    @Override
    public boolean mkdirs(org.apache.hadoop.fs.Path path) throws IOException {
      await();
      return super.mkdirs(path);
    }

    private static void await() {
      try {
        assertThat(SLOW.get().await(1, TimeUnit.MINUTES)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException("Interrupted while the disk was slow", e);
      }
    }

    @Override
    public java.net.URI getUri() {
      return java.net.URI.create("slow:///");
    }

    @Override
    public String getScheme() {
      return "slow";
    }
  }

  /**
   * The local disk, under a scheme that no other test's has, with room for 5,000 bytes: one part
   * and a quarter of the next.
   */
  public static final class FullDisk extends RawLocalFileSystem {
    private int left = 5_000;

    @Override
    public FsStatus getStatus(org.apache.hadoop.fs.Path path) {
      return new FsStatus(100_000, 100_000 - left, left);
    }

    @Override
    public java.net.URI getUri() {
      return java.net.URI.create("tiny:///");
    }

    @Override
    public String getScheme() {
      return "tiny";
    }

    @Override
    public FSDataOutputStream create(
        org.apache.hadoop.fs.Path path,
        FsPermission permission,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      return full(
          super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress));
    }

    @Override
    public FSDataOutputStream create(
        org.apache.hadoop.fs.Path path,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      return full(super.create(path, overwrite, bufferSize, replication, blockSize, progress));
    }

    private FSDataOutputStream full(FSDataOutputStream out) throws IOException {
      return new FSDataOutputStream(
          new OutputStream() {
            @Override
            public void write(int value) throws IOException {
              write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
              if (count > left) {
                throw new IOException("No space left on device");
              }
              left -= count;
              out.write(bytes, from, count);
            }

            @Override
            public void close() throws IOException {
              out.close();
            }
          },
          null);
    }
  }
}
