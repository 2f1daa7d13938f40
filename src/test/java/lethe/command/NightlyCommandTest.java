package lethe.command;

import static lethe.command.InProcess.said;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lethe.SmallRun;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs nightly and ledger as submit.sh calls them before Spark is started. */
class NightlyCommandTest {
  @TempDir Path folder;
  private String conf;

  @BeforeEach
  void aRunFileForNights() throws IOException {
    Path small = SmallRun.in(folder);
    String text =
        Files.readString(small)
            .replaceAll("(?m)^run.dir = .*", "nightly.directory = \"" + folder + "/nights\"")
            .replaceAll("forget.where = .*", "")
            .replaceAll("duplicates.action = .*", "");
    conf = Files.writeString(folder.resolve("nights.conf"), text).toString();
  }

  @Test
  void nothingToDoEndsBeforeSparkAndWritesNothing() {
    assertThat(said("nightly", "--print-submit", conf))
        .isEqualTo("0 nightly: nothing to do: no request is open in %s/nights\n".formatted(folder));
    assertThat(folder.resolve("nights")).doesNotExist();
  }

  @Test
  void anOpenRequestStartsSparkWithTheFolderOfTheNights() throws IOException {
    Path requests = Files.createDirectories(folder.resolve("nights/requests"));
    Files.writeString(requests.resolve("a.jsonl"), "{\"request\": \"r1\", \"document\": \"x\"}\n");
    String[] answer = said("nightly", "--print-submit", conf).split("\0");
    assertThat(answer[0]).isEqualTo("0 spark-submit");
    assertThat(answer[1]).as("temporary files").startsWith(folder + "/nights/spark-local/");
    assertThat(answer).contains("spark.master=local[1]");
    assertThat(folder.resolve("nights/ledger.jsonl")).doesNotExist();
  }

  /** A driver on a cluster gets the user's settings, and lays a night's over them itself. */
  @Test
  void aDriverElsewhereGetsTheUsersSettings() throws IOException {
    Path requests = Files.createDirectories(folder.resolve("nights/requests"));
    Files.writeString(requests.resolve("a.jsonl"), "{\"request\": \"r1\", \"document\": \"x\"}\n");
    String cluster = "spark.submit.deployMode=cluster";
    String[] answer =
        said(
                "nightly",
                "--print-submit",
                conf,
                cluster,
                "spark.master=yarn",
                "run.dir-is-shared=true")
            .split("\0");
    assertThat(answer[0]).as(String.join("\n", answer)).isEqualTo("0 spark-submit");
    assertThat(answer[1]).as("temporary files are the cluster's").isEmpty();
    Path shipped = Files.writeString(folder.resolve("4"), answer[3]);
    Files.delete(Path.of(conf));
    String[] there = said("nightly", "--print-submit", "--shipped", shipped.toString()).split("\0");
    assertThat(there[0]).isEqualTo("0 spark-submit");
    assertThat(there).contains("spark.submit.deployMode=cluster");
  }

  @Test
  void mistakesAreReportedTogether() throws IOException {
    Files.writeString(
        Path.of(conf),
        Files.readString(Path.of(conf))
            + "train.steps = 0\nnightly.documents = 0\npretrain.enabled = true\n");
    assertThat(said("nightly", "--print-submit", conf))
        .startsWith("2 ")
        .contains(
            "nightly.documents must be at least 1, was 0",
            "pretrain.enabled must be false for nightly, which begins with a model that is there",
            "train.steps must be at least 1, was 0");
    assertThat(said("nightly", "--print-submit"))
        .isEqualTo("2 Cannot nightly: no run file is given, as in nightly conf/quickstart.conf\n");
  }

  @Test
  void theLedgerIsReadWithoutSpark() {
    assertThat(said("ledger", "--print-submit", conf))
        .isEqualTo(
            "2 Cannot read the ledger: there is no file:%s/nights/ledger.jsonl; the first nightly makes it\n"
                .formatted(folder));
    assertThat(said("ledger", conf, "--overdue", "--verify"))
        .startsWith("2 Error: --overdue, --verify are mutually exclusive");
  }
}
