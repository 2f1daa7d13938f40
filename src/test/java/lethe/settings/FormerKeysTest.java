package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormerKeysTest {
  private static final String NOTICE =
      "train.warm-up is now train.warmup-ratio; the old spelling works until 0.3";

  @TempDir Path folder;

  @Test
  void aFormerSpellingGivesTheKeyItsValueAndOneNotice() throws IOException {
    Settings settings = load("train.warm-up = 0.1", "unlearn.method=npo");
    settings.check();
    assertThat(warmup(settings.root(), "train")).isEqualTo(0.1);
    assertThat(warmup(settings.withoutMethod(), "train")).isEqualTo(0.1);
    assertThat(settings.notices()).containsExactly(NOTICE);
    assertThat(settings.json()).contains("\"warmup-ratio\":0.1").doesNotContain("warm-up");
    assertThat(settings.defaultsJson()).contains("\"warmup-ratio\":0.2").doesNotContain("warm-up");
    assertThat(settings.isDefault("train.warmup-ratio")).isFalse();
  }

  @Test
  void settingsInTheSpellingsOfNowHaveNoNotice() throws IOException {
    Settings settings = load("train { warmup-ratio = 0.1, step-timeout = 90s }");
    settings.check();
    assertThat(settings.notices()).isEmpty();
  }

  @Test
  void whoeverMayWriteKeysMayWriteFormerOnes() throws IOException {
    Files.writeString(folder.resolve("other.conf"), "pretrain.warm-up = 0.3");
    Settings settings =
        load("include \"other.conf\"\nfinetune { warm-up = 0.4 }", "retrain.warm-up=0.5");
    settings.check();
    assertThat(warmup(settings.root(), "pretrain")).isEqualTo(0.3);
    assertThat(warmup(settings.root(), "finetune")).isEqualTo(0.4);
    assertThat(warmup(settings.root(), "retrain")).isEqualTo(0.5);
    assertThat(settings.notices()).hasSize(3);
  }

  @Test
  void aMethodsDefaultsMayBeFormerOnes() {
    FormerKeys former = new FormerKeys(new Problems());
    Config method = ConfigFactory.parseString("train.warm-up = 0.2");
    Config reference = ConfigFactory.parseString("train.warmup-ratio = 0.03");
    assertThat(former.resolve(method, reference).getConfig("train"))
        .isEqualTo(ConfigFactory.parseString("warmup-ratio = 0.2"));
    assertThat(former.notices()).containsExactly(NOTICE);
  }

  @Test
  void aPairStillWinsOverTheFileWhenBothAreFormer() throws IOException {
    Settings settings = load("train.warm-up = 0.1", "train.warm-up=0.2");
    assertThat(warmup(settings.root(), "train")).isEqualTo(0.2);
    assertThat(settings.notices()).containsExactly(NOTICE);
  }

  @Test
  void bothSpellingsOfAKeyAreAnErrorThatNamesTheirPlaces() throws IOException {
    Settings settings = load("\ntrain.warm-up = 0.1", "train.warmup-ratio=0.2");
    assertThat(warmup(settings.root(), "train")).isEqualTo(0.2);
    assertThatThrownBy(settings::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "train.warm-up (in run.conf, line 2) and train.warmup-ratio (on the command line) are two spellings of one key; leave out train.warm-up");
  }

  @Test
  void aWrongValueIsToldWithTheSpellingAndThePlaceItHas() throws IOException {
    Settings settings = load("train {\n  warm-up = 3\n}", "pretrain.warm-up=many");
    warmup(settings.root(), "train");
    warmup(settings.root(), "pretrain");
    assertThatThrownBy(settings::check)
        .hasMessage(
            """
            train.warmup-ratio (written as train.warm-up in run.conf, line 2) must be from 0 to 1, was 3
            pretrain.warmup-ratio (written as pretrain.warm-up on the command line) must be a number, was "many\"""");
  }

  @Test
  void referencesMayUseEitherSpelling() throws IOException {
    Settings old = load("define.x = ${train.warm-up}\npretrain.warmup-ratio = ${define.x}");
    old.check();
    assertThat(warmup(old.root(), "pretrain")).as("the default").isEqualTo(0.03);
    assertThat(old.notices())
        .containsExactly(
            "${train.warm-up} is now ${train.warmup-ratio}; the old spelling works until 0.3");
    Settings mixed =
        load(
            "define.x = 0.25\ntrain.warm-up = ${define.x}\npretrain.warmup-ratio = ${train.warmup-ratio}");
    assertThat(warmup(mixed.root(), "train")).isEqualTo(0.25);
    assertThat(warmup(mixed.root(), "pretrain")).isEqualTo(0.25);
  }

  @Test
  void aListMayGrowUnderItsFormerName() throws IOException {
    Settings settings = load("train.no-decay += \"lm_head*\"");
    settings.check();
    assertThat(settings.root().section("train").strings("no-weight-decay"))
        .containsExactly("*norm*", "*.ln_*", "*.bias", "lm_head*");
  }

  @Test
  void everyFormerKeyLeadsToOneThatThereIs() {
    String reference = Settings.of(List.of()).json();
    Config known = ConfigFactory.parseString(reference);
    assertThat(FormerKeys.TABLE).hasSizeGreaterThan(30);
    for (FormerKey key : FormerKeys.TABLE) {
      assertThat(known.hasPathOrNull(key.now())).as(key.now()).isTrue();
      for (String old : key.old()) {
        assertThat(known.hasPathOrNull(old)).as(old).isFalse();
        Settings settings = Settings.of(List.of(old + "=null"));
        assertThat(settings.problems()).as("known").noneMatch(p -> p.startsWith("Unknown key"));
        assertThat(settings.notices()).singleElement().asString().startsWith(old + " is now ");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train.separate-terms=false | train.projection=none | summed
          train.separate-terms=true | train.projection=none | separate
          train.separate-terms=true | train.projection=forget | projected
          train.separate-terms=true | train.seed=1 | separate
          """)
  void twoKeysBecameOne(String first, String second, String mode) throws IOException {
    Settings settings = load("", first, second);
    settings.check();
    assertThat(settings.root().section("train").string("gradient-mode")).isEqualTo(mode);
    assertThat(settings.json()).doesNotContain("separate-terms", "projection");
    assertThat(settings.notices())
        .contains(
            "train.separate-terms is now train.gradient-mode: summed, separate or projected; the old spelling works until 0.3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train.projection=forget | train.projection must be none unless train.separate-terms is true, was forget
          train.projection=retain | train.projection must be none or forget, was "retain"
          train.separate-terms=maybe | train.separate-terms must be true or false, was "maybe"
          """)
  void whatTheTwoKeysRefusedIsRefused(String pair, String message) throws IOException {
    Settings settings = load("", pair);
    assertThatThrownBy(settings::check).hasMessageStartingWith(message);
  }

  @Test
  void aBareNumberOfSecondsIsATimeWithANotice() throws IOException {
    Settings settings = load("train.step-timeout = 90", "train.start-timeout=2m");
    Section train = settings.root().section("train");
    assertThat(train.duration("step-timeout", Duration.ofSeconds(1)))
        .isEqualTo(Duration.ofSeconds(90));
    assertThat(train.duration("start-timeout", Duration.ofSeconds(1)))
        .isEqualTo(Duration.ofMinutes(2));
    settings.check();
    assertThat(settings.json()).contains("\"step-timeout\":\"90s\"");
    assertThat(settings.notices())
        .containsExactly(
            "train.step-timeout = 90 has no unit and is read as seconds; write 90s: a number without a unit works until 0.3");
  }

  @Test
  void aTimeThatIsNoneOrTooShortIsAProblem() throws IOException {
    Settings settings =
        load("train { step-timeout = soon, start-timeout = 0, recovery-timeout = 10ms }");
    Section train = settings.root().section("train");
    train.duration("step-timeout", Duration.ofSeconds(1));
    train.duration("start-timeout", Duration.ofSeconds(1));
    train.duration("recovery-timeout", Duration.ofSeconds(1));
    assertThatThrownBy(settings::check)
        .hasMessage(
            """
            train.step-timeout must be a time with its unit, such as 120s, was "soon"
            train.start-timeout must be at least 1s, was 0s
            train.recovery-timeout must be at least 1s, was 10ms""");
  }

  @Test
  void theRecordOfARunIsRespelledAndNothingElseInItChanges() {
    String json =
        "{\"define\":{\"a.b\":\"${x}\"},\"train\":{\"learning-rate\":2.0E-5,\"projection\":\"forget\",\"separate-terms\":true,\"step-timeout\":60,\"warm-up\":null}}";
    assertThat(Settings.respelled(json))
        .isEqualTo(
            "{\"define\":{\"a.b\":\"${x}\"},\"train\":{\"gradient-mode\":\"projected\",\"learning-rate\":2.0E-5,\"step-timeout\":\"60s\",\"warmup-ratio\":null}}");
    assertThat(Settings.respelled(Settings.of(List.of()).json()))
        .isEqualTo(Settings.of(List.of()).json());
  }

  private static double warmup(Section root, String section) {
    return root.section(section).doubleInRange("warmup-ratio", 0, 1);
  }

  private Settings load(String text, String... pairs) throws IOException {
    Path file = Files.writeString(folder.resolve("run.conf"), text);
    return Settings.load(file, List.of(pairs));
  }
}
