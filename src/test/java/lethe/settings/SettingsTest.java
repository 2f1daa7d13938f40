package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @TempDir Path folder;

  @Test
  void pairsWinOverTheFileAndTheFileOverTheDefaults() throws IOException {
    Settings settings = load("train.steps = 7\ntrain.seed = 3\n", "train.steps=9");
    assertThat(settings.root().section("train").count("steps", 1)).isEqualTo(9);
    assertThat(settings.root().section("train").longInRange("seed", 0, 10)).isEqualTo(3);
    settings.check();
  }

  @Test
  void rejectsMisspeltKeyAndNamesTheNearest() throws IOException {
    Settings settings = load("train.learnin-rate = 1e-5\n");
    assertThatThrownBy(settings::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("Unknown key train.learnin-rate; did you mean train.learning-rate?");
  }

  @Test
  void reportsEveryProblemAtOnce() throws IOException {
    Settings settings =
        load("train { steps = 0, batch = many }\n", "nonsense", "stop.at-target=maybe");
    Section train = settings.root().section("train");
    train.count("steps", 1);
    train.count("batch", 1);
    settings.root().section("stop").bool("at-target");
    assertThatThrownBy(settings::check)
        .hasMessageContainingAll(
            "train.steps must be at least 1, was 0",
            "train.batch must be a whole number, was \"many\"",
            "stop.at-target must be true or false, was \"maybe\"",
            "Cannot read \"nonsense\"");
  }

  @Test
  void hidesSecretsButNotTokenCounts() throws IOException {
    Settings settings =
        load("spark.hadoop.fs.s3a.secret.key = hunter2\ncorpus.chunk-tokens = 64\n");
    assertThat(settings.json()).doesNotContain("hunter2").contains("\"chunk-tokens\":64");
    assertThat(settings.spark()).containsEntry("spark.hadoop.fs.s3a.secret.key", "hunter2");
  }

  @Test
  void aWindowsOfWordsIsPlainText() throws IOException {
    assertThat(load("", "run.dir=s3a://bucket/run one").root().section("run").string("dir"))
        .isEqualTo("s3a://bucket/run one");
  }

  @Test
  void namesTheMissingFile() {
    assertThatThrownBy(() -> Settings.load(folder.resolve("none.conf"), List.of()))
        .hasMessageContaining("there is no file")
        .hasMessageContaining("none.conf");
  }

  @Test
  void anEmptyValueIsAnErrorForEveryKindOfText() throws IOException {
    Settings settings =
        load(
            "finetune.splits = [forget, \"\"]\n",
            "train.lr-schedule=",
            "run.dir= ",
            "train.freeze=");
    Section root = settings.root();
    root.section("train").choice("lr-schedule", Choice.class);
    root.section("train").strings("freeze");
    root.section("run").string("dir");
    root.section("run").optionalText("dir");
    root.section("finetune").strings("splits");
    assertThatThrownBy(settings::check)
        .hasMessage(
            """
            train.lr-schedule must not be empty
            train.freeze must not be empty
            run.dir must not be empty
            finetune.splits must not hold an empty text""");
  }

  private enum Choice {
    FIRST
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          run.dir=/tmp/b//c | /tmp/b//c
          run.dir=/tmp/b#c | /tmp/b#c
          run.dir=runs/a// | runs/a//
          run.dir=a,train.seed=9 | a,train.seed=9
          run.dir=a=b | a=b
          run.dir=007 | 007
          run.dir="a # b" | a # b
          run.dir=${define.x}//y | d # e//y
          run.dir=${define.x} | d # e
          run.dir=$HOME | $HOME
          """)
  void aValueOnTheCommandLineIsTakenAsWritten(String pair, String value) throws IOException {
    Settings settings = load("define.x = \"d # e\"\n", pair);
    assertThat(settings.root().section("run").string("dir")).isEqualTo(value);
    assertThat(settings.root().section("train").longInRange("seed", 0, 99)).isEqualTo(42);
    settings.check();
  }

  @Test
  void numbersListsAndObjectsOnTheCommandLineAreThose() throws IOException {
    Settings settings =
        load(
            "",
            "train.learning-rate=2e-5",
            "pretrain.splits=[forget, \"retain\"]",
            "unlearn.retain-weights={retain=2}",
            "unlearn.retain-weights.general=3");
    assertThat(settings.json())
        .contains("\"learning-rate\":2.0E-5", "\"splits\":[\"forget\",\"retain\"]")
        .contains("\"retain-weights\":{\"general\":3,\"retain\":2}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train.freeze=[a, b | it begins like a list but is not one
          train.freeze=[a] b | it begins like a list but is not one
          run.dir="a" // b | the text after its // would be a comment
          corpus.sources=[{path=/a//b}] | the text after its // would be a comment
          run.dir="a", train.seed=9 | it holds more than one setting
          a..b=1 | "a..b" is not a key
          """)
  void whatWouldBeLostOnTheCommandLineIsRefused(String pair, String why) throws IOException {
    Settings settings = load("", pair);
    assertThatThrownBy(settings::check)
        .hasMessageStartingWith("Cannot read \"" + pair + "\": " + why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.5",
        "9223372036854775808",
        "1e99999",
        "\"1e999999999\"",
        "1e999999999",
        "999999999999999999999999999",
        "1e99999999999999",
        "-1e999999999",
        "1e-999999999"
      })
  void aWholeNumberOutOfReachIsAProblem(String number) throws IOException {
    Settings settings = load("train.seed = " + number + "\ntrain.steps = " + number + "\n");
    settings.root().section("train").longInRange("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    settings.root().section("train").count("steps", 1);
    assertThatThrownBy(settings::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageMatching(
            "(?s)train.seed must be (a whole number|at most 9223372036854775807|at least -9223372036854775808)"
                + ", was \"?\\Q%1$s\\E\"?\ntrain.steps must be (a whole number|at most 2147483647|at least 1)"
                    .formatted(number.replace("\"", ""))
                + ", was \"?\\Q%1$s\\E\"?".formatted(number.replace("\"", "")));
  }

  @ParameterizedTest
  @CsvSource({"5.0,5", "1e3,1000", "'\"7\"',7"})
  void aWholeNumberMayBeWrittenOtherwise(String written, long value) throws IOException {
    assertThat(
            load("train.steps = " + written).root().section("train").longInRange("steps", 0, 9999))
        .isEqualTo(value);
  }

  @Test
  void deepAndSwellingFilesAreOneSentence() {
    assertRefused("a = " + "[".repeat(20000), "nested too deep");
    assertRefused("define.a = " + "{a=".repeat(100) + "1" + "}".repeat(100), "more than 64 deep");
    StringBuilder swelling = new StringBuilder("define.a0 = \"" + "x".repeat(1000) + "\"\n");
    for (int i = 1; i < 5; i++) {
      swelling.append("define.a%d = %s\n".formatted(i, ("${define.a" + (i - 1) + "}").repeat(10)));
    }
    assertRefused(swelling.toString(), "define.a4 must be a text of at most 1048576 characters");
    StringBuilder lists = new StringBuilder("define.a0 = [1]\n");
    for (int i = 1; i < 10; i++) { // 10^9 values in the memory of a hundred
      String before = "${define.a" + (i - 1) + "}";
      lists.append("define.a%d = [%s]\n".formatted(i, (before + ", ").repeat(10)));
    }
    assertRefused(lists.toString(), "is the last of the 1048576 values allowed");
  }

  @Test
  void aNumberThatIsNotFiniteIsRefusedByItsKey() throws IOException {
    assertThat(load("define.a = { b = [1, -1e400] }").problems())
        .containsExactly("define.a.b must be a number that is finite, was -Infinity");
  }

  @Test
  void aLongValueOnTheCommandLineIsReadOrRefusedInALine() throws IOException {
    String text = "\\\"a # b // c".repeat(5_000);
    String key = "corpus.splits.retain.where";
    assertThat(load("", key + "=\"" + text + "\"").config().getString(key))
        .hasSize(text.length() - 5_000);
    assertThat(load("", "a " + "z".repeat(5_000)).problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem).hasSizeLessThan(400).contains("key=value"));
  }

  @Test
  void whatIsIncludedMustBeThereAndAFile() throws IOException {
    Files.writeString(folder.resolve("other.conf"), "train.seed = 5");
    assertThat(load("include \"other.conf\"").root().section("train").longInRange("seed", 0, 9))
        .isEqualTo(5);
    assertThat(load("include \"other\"").root().section("train").longInRange("seed", 0, 9))
        .isEqualTo(5);
    assertRefused("include \"nope.conf\"", "nope.conf");
    assertRefused("include file(\"" + folder + "/nope.conf\")", "nope.conf");
    assertRefused(
        "include url(\"file:" + folder + "/other.conf\")", "only files are included; fetch it");
    assertRefused(
        "include \"file:" + folder + "/other.conf\"", "only files are included; fetch it");
  }

  /** The library cannot look into such an object before everything is put together. */
  @Test
  void anObjectOfAnIncludedFileMayBeTakenAwayAndWrittenAnew() throws IOException {
    Files.writeString(
        folder.resolve("splits.conf"),
        "define.ids = a.txt\ncorpus.splits { retain { ids = ${define.ids} } }\n");
    String anew =
        "include \"splits.conf\"\ncorpus.splits = null\ncorpus.splits { forget { %s = ${define.ids} } }\n";
    Settings settings = load(anew.formatted("ids"));
    assertThat(settings.root().section("corpus").section("splits").keys())
        .containsExactly("forget");
    assertThatThrownBy(() -> load("train.step = 1\n" + anew.formatted("ids")).check())
        .hasMessageContaining("Unknown key train.step; did you mean train.steps?");
  }

  private void assertRefused(String text, String why) {
    assertThatThrownBy(() -> load(text))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot read settings " + folder)
        .hasMessageContaining(why);
  }

  @Test
  void nothingSecretIsShown() throws IOException {
    Settings settings =
        load(
            """
            define { passphrase = marker1, plain = marker2, api-key = marker3, home = /seen1 }
            run.dir = ${define.home}
            corpus.sources = [
              { path = "jdbc:x://user:marker4@host", domain = seen2, options { password = marker5, Header = seen3, account = marker6 } }
            ]
            spark.hadoop.fs.azure.account.key.ACCOUNT = marker7
            spark.hadoop.fs.azure.sas.CONTAINER.ACCOUNT = marker8
            spark.hadoop.fs.gs.auth.service.account.private.key = marker9
            spark.hadoop.fs.s3a.encryption.key = ${define.plain}
            spark.hadoop.fs.s3a.endpoint = marker10
            spark.executorEnv.AWS_ACCESS_KEY_ID = marker11
            spark.authenticate.secret = marker12
            sample.model.key-value-heads = 4
            """);
    assertThat(settings.json())
        .doesNotContain("marker")
        .contains(
            "\"dir\":\"/seen1\"",
            "\"home\":\"(hidden)\"",
            "seen2",
            "seen3",
            "\"key-value-heads\":4",
            "\"fs\":{\"azure\"",
            "ACCOUNT")
        .contains("\"path\":\"jdbc:x:(hidden)\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s3a://AKIA:mark/er1@bucket/x | s3a://(hidden)@bucket/x",
        "https://marker1@git.example/x | https://(hidden)@git.example/x",
        "abfss://container@account.dfs.core.windows.net/x | abfss://container@account.dfs.core.windows.net/x",
        "hdfs://host:9000/a@b.jsonl | hdfs://host:9000/a@b.jsonl",
        "s3a://bucket/part-?.jsonl | s3a://bucket/part-?.jsonl",
        "https://a.blob.core.windows.net/c?sv=1&sig=marker1 | https://a.blob.core.windows.net/c?(hidden)",
        "Cannot open jdbc:sqlserver://h;user=u;password=marker1: no | Cannot open jdbc:sqlserver:(hidden) no",
        "AccountName=a;AccountKey=marker1==;Suffix=b | AccountName=a;AccountKey=(hidden);Suffix=b",
        "password = marker1, id = 3 | password = (hidden), id = 3",
        "unlearn.true-token=kept, train.batch=4 | unlearn.true-token=kept, train.batch=4"
      })
  void credentialsAreTakenOutOfAnyText(String text, String masked) {
    assertThat(Secrets.ofNothing().masked(text)).isEqualTo(masked);
  }

  @Test
  void aMessageThatRepeatsAHiddenValueIsMaskedUnlessASettingShowsIt() throws IOException {
    Secrets secrets =
        load("""
                define.home = /data/me
                run.dir = ${define.home}/run
                spark.authenticate.secret = hunter2
                spark.hadoop.fs.azure.account.key.A = "zz=="
                spark.executor.heartbeatInterval = 1000
                """)
            .secrets();
    assertThat(secrets.masked("no /data/me/run, hunter2: zz== after 1000"))
        .isEqualTo("no /data/me/run, (hidden): (hidden) after 1000");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new IllegalStateException("wrong: hunter2")
        .printStackTrace(secrets.stream(new PrintStream(out)));
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("wrong: (hidden)", "\tat lethe.settings.SettingsTest")
        .doesNotContain("hunter2");
  }

  @Test
  void whatCannotBeReadIsNotQuotedWhereItMayBeASecret() {
    assertThatThrownBy(() -> load("define { password = hun}marker12\n"))
        .hasMessageContaining("run.conf")
        .message()
        .doesNotContain("marker");
    assertThatThrownBy(() -> load("", "spark.authenticate.secret=[marker1").check())
        .hasMessage(
            "Cannot read \"spark.authenticate.secret=(hidden)\": it begins like a list but is not one; to pass a text literally, put it in double quotes inside those of the shell");
  }

  @Test
  void aSecretOnTheCommandLineIsNamedAndOneOfTheEnvironmentIsTaken() {
    assertThat(Settings.of(List.of("spark.authenticate.secret=a", "train.steps=4")).notices())
        .containsExactly(
            "spark.authenticate.secret is on the command line, which every user of this machine can read; write it into the run file, or put it into an environment variable and write spark.authenticate.secret='${NAME}'");
    Settings named = Settings.of(List.of("spark.authenticate.secret=${PATH}"));
    assertThat(named.notices()).isEmpty();
    assertThat(named.spark()).containsEntry("spark.authenticate.secret", System.getenv("PATH"));
  }

  @Test
  void noKeyOfOursIsTakenForACredential() {
    assertThat(Settings.of(List.of("unlearn.true-token=kept")).json()).doesNotContain("hidden");
  }

  private Settings load(String text, String... pairs) throws IOException {
    Path file = folder.resolve("run.conf");
    Files.writeString(file, text);
    return Settings.load(file, List.of(pairs));
  }
}
