package lethe.nightly;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.SmallRun;
import lethe.console.Console;
import lethe.folder.FaultyFileSystem;
import lethe.ledger.LedgerLine;
import lethe.request.RequestBook;
import lethe.sample.SampleCorpus;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;

/**
 * Nights over a corpus of forty short texts and an untrained model of a few thousand parameters, in
 * this process. The folder of the nights may be below a scheme of {@link FaultyFileSystem}.
 *
 * @param folder of all files
 * @param scheme of the nights' folder, {@code file} for a plain one
 * @param said what the nights said, a line each
 * @param stages in place of the real ones
 */
record SmallNights(Path folder, String scheme, List<String> said, Optional<NightStages> stages) {
  private static final List<String> OF_SPARK =
      List.of(
          "spark.master=local[1]",
          "spark.ui.enabled=false",
          "spark.buffer.pageSize=1m",
          "spark.sql.shuffle.partitions=1",
          "spark.sql.codegen.wholeStage=false",
          "spark.sql.codegen.factoryMode=NO_CODEGEN",
          "spark.sql.adaptive.enabled=false");

  /** Makes corpus, model and run file; twelve documents paper-forget-00 to -11 can be asked for. */
  static SmallNights in(Path folder, String scheme) throws IOException {
    Files.createDirectories(folder);
    SmallRun.in(folder);
    lethe.folder.Files plain = new lethe.folder.Files(new Configuration());
    new SampleCorpus(1, 12, 1, 4, 1, 1)
        .write(new org.apache.hadoop.fs.Path(folder.toString(), "data"), plain);
    Path paper = folder.resolve("data/paper.jsonl");
    String first = Files.readAllLines(paper).get(0);
    String copy =
        first
            .replace("\"paper-forget-00\"", "\"paper-copy\"")
            .replace("\"split\":\"forget\"", "\"split\":\"retain\"");
    Files.writeString(paper, Files.readString(paper) + copy + "\n");
    Files.createDirectories(folder.resolve("nights/requests"));
    Files.writeString(
        folder.resolve("nights.conf"),
        """
        nightly.directory = "%2$s:%1$s/nights"
        nightly.documents = 3
        nightly.most-share = 0.6
        model.path = "%1$s/model"
        corpus {
          sources = [{ path = "%1$s/data/paper.jsonl", domain = paper }, { path = "%1$s/data/book.jsonl", domain = book }]
          chunk-tokens = 256
          splits {
            retain.where = "split IN ('forget', 'retain')"
            approximate.where = "split = 'approximate'"
            general.where = "split = 'general'"
          }
        }
        report.require = damage
        train { batch = 2, steps = 2, workers = 1, threads = 1, checkpoint-every = 1, learning-rate = 1e-4 }
        spark.hadoop.fs {
          crash.impl = "%3$s"
          crash-store.impl = "%3$s"
          crash-disk.impl = "%3$s$Disk"
        }
        """
            .formatted(folder, scheme, FaultyFileSystem.class.getName()));
    return new SmallNights(folder, scheme, new ArrayList<>(), Optional.empty());
  }

  /** The same with a stand-in for the run and for the look at the sources. */
  SmallNights with(NightStages other) {
    return new SmallNights(folder, scheme, said, Optional.of(other));
  }

  /** What Spark in this process must know. */
  static void spark(boolean set) {
    Stream<String> hadoop =
        Stream.of(
            "spark.hadoop.fs.crash.impl=" + FaultyFileSystem.class.getName(),
            "spark.hadoop.fs.crash-store.impl=" + FaultyFileSystem.class.getName(),
            "spark.hadoop.fs.crash-disk.impl=" + FaultyFileSystem.class.getName() + "$Disk");
    Stream.concat(OF_SPARK.stream(), hadoop)
        .map(pair -> pair.split("=", 2))
        .forEach(
            pair -> {
              if (set) {
                System.setProperty(pair[0], pair[1]);
              } else {
                System.clearProperty(pair[0]);
              }
            });
  }

  void ask(String file, String... lines) throws IOException {
    Files.writeString(
        folder.resolve("nights/requests").resolve(file), String.join("\n", lines) + "\n");
  }

  Settings settings(String... more) {
    return Settings.load(folder.resolve("nights.conf"), List.of(more));
  }

  Nightly nightly(String time, String... more) {
    return nightly(settings(more), time);
  }

  /** The command with other settings. */
  Nightly nightly(Settings settings, String time) {
    PrintStream console =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8) {
          @Override
          public void println(String line) {
            said.add(line);
          }
        };
    return new Nightly(
        settings, new Console(console), Clock.fixed(Instant.parse(time), ZoneOffset.UTC), stages);
  }

  /** The command, at one in the morning of a day. */
  Optional<String> night(String day, String... more) {
    said.clear();
    return nightly(day + "T01:17:00Z", more).run();
  }

  /** The folder of the nights, as a driver sees it. */
  NightlyFolder nights() {
    return new NightlyFolder(
        new org.apache.hadoop.fs.Path(scheme + ":" + folder.resolve("nights")),
        new lethe.folder.Files(FaultyFileSystem.configuration()));
  }

  List<LedgerLine> ledger() {
    return nights().readLedger(NightlySettings.read(settings().root())).orElseThrow().lines();
  }

  RequestBook book() {
    return RequestBook.of(
        nights().readLedger(NightlySettings.read(settings().root())).orElseThrow());
  }

  /** SHA-256 of the weights in service. */
  String weights() {
    String model = InService.read(nights()).orElseThrow().model();
    return nights().files().sha256(new org.apache.hadoop.fs.Path(model, "model.safetensors"));
  }
}
