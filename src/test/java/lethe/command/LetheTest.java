package lethe.command;

import static lethe.command.InProcess.call;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lethe.SmallRun;
import lethe.command.InProcess.Called;
import lethe.run.Verb;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line without a run: help, errors and what is printed for submit.sh. */
class LetheTest {
  @TempDir Path folder;

  @Test
  void theHelpNamesEveryVerbWithItsTextAndTheExitCodes() {
    Called help = call("--help");
    assertThat(help.code()).isZero();
    String words = help.output().replaceAll("\\s+", " "); // texts are wrapped
    for (Verb verb : Verb.values()) {
      assertThat(words).contains(verb.spelling() + " " + verb.summary());
    }
    assertThat(words)
        .contains("Exit code: 0 done 1 the run failed 2 the call, ")
        .contains(" 3 done");
  }

  @Test
  void everyVerbHasHelpOfItsOwn() {
    for (Verb verb : Verb.values()) {
      Called help = call(verb.spelling(), "--help");
      assertThat(help.code()).isZero();
      assertThat(help.output())
          .startsWith("Usage: submit.sh " + verb.spelling())
          .contains("Exit code:")
          .doesNotContain("print-submit");
      assertThat(call("help", verb.spelling())).isEqualTo(help);
    }
  }

  @Test
  void theCompletionKnowsTheVerbs() {
    Called completion = call("generate-completion");
    assertThat(completion.code()).isZero();
    assertThat(completion.output())
        .contains("complete -F _complete_submit", " submit.sh ", "validate preflight", "explain");
  }

  @Test
  void aWrongCallIsRefusedWithItsReason() {
    assertThat(call("unlern", "a.conf"))
        .isEqualTo(
            new Called(
                2,
                "Unknown verb \"unlern\"; the verbs are "
                    + String.join(", ", Arrays.stream(Verb.values()).map(Verb::spelling).toList())
                    + "\nDid you mean unlearn?\n"));
    assertThat(call("forget").output())
        .startsWith("Unknown verb \"forget\"")
        .doesNotContain("Did you mean");
    assertThat(call())
        .matches(c -> c.code() == 2 && c.output().startsWith("Missing verb; the verbs"));
    assertThat(call("run", "--shadow"))
        .matches(c -> c.code() == 2 && c.output().startsWith("Unknown option: '--shadow'"));
    assertThat(call("unlearn"))
        .isEqualTo(
            new Called(
                2, "Cannot unlearn: no run file is given, as in unlearn conf/quickstart.conf\n"));
    assertThat(call("run", "none.conf"))
        .isEqualTo(new Called(2, "Cannot read settings: there is no file none.conf\n"));
    assertThat(call("explain", "train.stepz").output())
        .startsWith("Unknown key train.stepz; did you mean train.steps or ");
  }

  @Test
  void submitMayAskAnywhereOnTheLine() {
    Called asked = call("--print-submit", "bench", "train.threads=3");
    assertThat(asked.output().split("\0"))
        .startsWith("spark-submit", "")
        .contains("spark.executorEnv.OPT_OUT_TRACKING=true", "spark.executorEnv.OMP_NUM_THREADS=3");
    assertThat(asked.output().split("\0")[2]).contains("spark.executorEnv.OMP_NUM_THREADS=3\n");
    for (List<String> line :
        List.of(
            List.of("bench", "--print-submit", "train.threads=3"),
            List.of("bench", "train.threads=3", "--print-submit"),
            List.of("--print-submit", "bench", "--print-submit", "train.threads=3"))) {
      assertThat(call(line.toArray(String[]::new))).isEqualTo(asked);
    }
  }

  @Test
  void aDriverElsewhereGetsAllSettingsInOneFile() throws IOException {
    String conf = SmallRun.in(folder).toString();
    String steps = "train.steps=5";
    assertThat(call("run", "--print-submit", conf, steps).output().split("\0")[3]).isEmpty();
    Called asked = call("run", "--print-submit", conf, steps, "spark.submit.deployMode=cluster");
    assertThat(asked.output().split("\0")[1]).as("temporary folder").isEmpty();
    Path shipped = Files.writeString(folder.resolve("4"), asked.output().split("\0")[3]);
    Files.delete(Path.of(conf));
    assertThat(call("validate", "--shipped", shipped.toString()))
        .satisfies(called -> assertThat(called.code()).as(called.output()).isZero());
    Files.writeString(shipped, Files.readString(shipped).replace("\"steps\": 5", "\"steps\": 0"));
    assertThat(call("validate", "--shipped", shipped.toString()))
        .isEqualTo(new Called(2, "train.steps must be at least 1, was 0\n"));
  }

  @Test
  void explainTakesARunFileAndSettingsOrEither() throws IOException {
    String file = Files.writeString(folder.resolve("a.conf"), "\ntrain.steps = 5\n").toString();
    String head = "train.steps\n  optimizer steps;";
    assertThat(call("explain", "train.steps").output())
        .startsWith(head)
        .endsWith("\nvalue    the default\n");
    assertThat(call("explain", "train.steps", file).output())
        .startsWith(head)
        .endsWith("\nvalue    5  (%s, line 2)\n".formatted(file));
    assertThat(call("explain", "train.steps", file, "train.steps=6").output())
        .isEqualTo(call("explain", "train.steps", "train.steps=6").output())
        .endsWith("\nvalue    6  (the command line)\n");
  }
}
