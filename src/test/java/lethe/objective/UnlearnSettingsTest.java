package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.objective.TruncatedPredictions.Truth;
import lethe.objective.UnlearnSettings.Reference;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnlearnSettingsTest {
  private static final String REQUEST =
      "Write another answer to that question, as plausible and as long, with other facts in it.";

  @TempDir Path folder;

  @Test
  void theDefaultIsTheMethodThatWeRecommend() throws IOException {
    assertThat(read())
        .isEqualTo(
            new UnlearnSettings(
                Method.of("weighted-ascent+kl"),
                1,
                Map.of(),
                Optional.empty(),
                1,
                0,
                1,
                false,
                Optional.empty(),
                0,
                Reference.ORIGINAL,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "No idea",
                Pairing.INDEPENDENT,
                new TermSettings(
                    0.1,
                    0,
                    Double.POSITIVE_INFINITY,
                    new WeightedAscent(1),
                    new SatImp(5, 1),
                    new Margin(1, 0, 1),
                    5,
                    new Undial(10, 1),
                    0.5,
                    new CalibratedPredictions(0.2, 1.4),
                    0,
                    new Misdirection(7, 2, new Misdirection.Drawn(42)),
                    new TruncatedPredictions(50, 1, Truth.REMOVED),
                    new Alternates(Optional.of(REQUEST), 5, 1, 200)),
                false,
                new StoredLabelSettings(
                    Optional.empty(), 1, 0, 42, Optional.empty(), 1.4, 64, false),
                ChunkCap.NONE,
                false));
  }

  @Test
  void undialsBetaMayFollowFromTheTarget() throws IOException {
    UnlearnSettings asked =
        read(
            "unlearn.method=undial+kl",
            "unlearn.undial-beta=target",
            "unlearn.undial-temperature=1.3");
    assertThat(asked.loweredToTarget()).isTrue();
    assertThat(asked.roles(asked.terms().lowering(2.5), ChunkCap.NONE).get(0).term())
        .isEqualTo(new Undial(2.5, 1.3));
    assertThat(asked.terms().lowering(2.5).lowering(0))
        .as("nothing else changes")
        .isEqualTo(asked.terms());
    assertThat(read("unlearn.method=npo", "unlearn.undial-beta=target").loweredToTarget())
        .isFalse();
    assertThatThrownBy(() -> read("unlearn.undial-beta=aim"))
        .hasMessageContaining("unlearn.undial-beta");
  }

  @Test
  void labelsMayBeMadeOnce() throws IOException {
    UnlearnSettings asked =
        read(
            "unlearn.method=stored-labels+kl",
            "unlearn.teacher=/t",
            "unlearn.stored-copies=4",
            "unlearn.stored-noise=0.4",
            "unlearn.stored-top-k=8",
            "unlearn.calibrated-factor=quantiles",
            "unlearn.calibrated-temperature=1.3");
    assertThat(asked.stored())
        .isEqualTo(
            new StoredLabelSettings(Optional.of("/t"), 4, 0.4, 42, Optional.empty(), 1.3, 8, true));
    assertThat(asked.roles().get(0).term()).isEqualTo(new BucketedDistillation(0));
    assertThat(asked.stored().identity())
        .isEqualTo("4 copies, noise 0.4, seed 42, temperature 1.3, 8 others");
    assertThat(
            read("unlearn.method=stored-labels", "unlearn.stored-context=32").stored().identity())
        .isEqualTo("1 copies, noise 0.0, seed 0, context 32, temperature 1.4, 64 others");
    assertThat(Role.frozen(read("unlearn.method=stored-labels+descent").roles()))
        .as("no model takes part in training")
        .isEmpty();
    assertThat(read("unlearn.method=undial", "unlearn.calibrated-factor=quantiles"))
        .as("which does not read it")
        .isNotNull();
  }

  @Test
  void refusesLabelsThatCannotBeMade() {
    assertThatThrownBy(
            () ->
                read(
                    "unlearn.method=stored-labels",
                    "unlearn.stored-copies=0",
                    "unlearn.stored-noise=-0.1",
                    "unlearn.stored-top-k=0",
                    "unlearn.stored-context=0",
                    "unlearn.calibrated-temperature=0"))
        .hasMessageContaining("unlearn.stored-copies must be at least 1, was 0")
        .hasMessageContaining("unlearn.stored-noise must be")
        .hasMessageContaining("unlearn.stored-top-k must be at least 1, was 0")
        .hasMessageContaining("unlearn.stored-context must be at least 1, was 0")
        .hasMessageContaining("unlearn.calibrated-temperature must be");
    assertThatThrownBy(() -> read("unlearn.method=stored-labels", "unlearn.stored-copies=3"))
        .hasMessageContaining(
            "unlearn.stored-copies must be 1 without noise, by which copies differ, was 3");
    assertThatThrownBy(
            () -> read("unlearn.method=calibrated+kl", "unlearn.calibrated-factor=quantiles"))
        .hasMessageContaining(
            "unlearn.calibrated-factor can be quantiles only where labels are made once, and calibrated makes them at every step");
    assertThatThrownBy(() -> read("unlearn.method=npo", "unlearn.teacher=/t"))
        .hasMessageContaining("unlearn.teacher is for stored-labels");
  }

  @Test
  void whatIsKeptMayBeAllThatIsLearntAndMayBeBound() throws IOException {
    assertThat(read("unlearn.method=npo+kl", "unlearn.forget-weight=0").roles())
        .extracting(Role::name)
        .containsExactly("retain.kl");
    assertThatThrownBy(() -> read("unlearn.method=npo", "unlearn.forget-weight=0"))
        .hasMessageContaining("unlearn.forget-weight is 0, and npo keeps nothing")
        .hasMessageContaining("npo+kl");
    assertThat(read("unlearn.method=npo+kl", "unlearn.retain-bound=0.1").retainBound())
        .contains(0.1);
    assertThatThrownBy(
            () ->
                read(
                    "unlearn.method=npo+kl", "unlearn.retain-bound=0.1", "unlearn.forget-weight=0"))
        .hasMessageContaining("unlearn.retain-bound weighs keeping against forgetting");
    assertThatThrownBy(
            () ->
                read(
                    "unlearn.method=npo+kl",
                    "unlearn.sharpness-radius=0.01",
                    "unlearn.forget-weight=0"))
        .hasMessageContaining("unlearn.sharpness-radius moves weights by the forget term's");
    assertThatThrownBy(() -> read("unlearn.method=npo", "unlearn.retain-bound=0.1"))
        .hasMessageContaining("unlearn.retain-bound is a bound on a retain term, and npo has none");
    assertThatThrownBy(() -> read("unlearn.method=dpo+preservation", "unlearn.retain-bound=0.1"))
        .hasMessageContaining("can bound descent, kl, kl-padded, jsd, rmu only");
  }

  @Test
  void aChunkMayHaveACapOfItsOwnUnderAnyMethod() throws IOException {
    UnlearnSettings asked = read("unlearn.method=npo+kl", "unlearn.chunk-cap-nats=4.5");
    assertThat(asked.roles().get(0).chunkCap()).isEqualTo(new ChunkCap(4.5, Map.of()));
    assertThat(asked.cappedAtTarget()).isFalse();
    UnlearnSettings target = read("unlearn.method=npo+kl", "unlearn.chunk-cap-nats=target");
    assertThat(target.cappedAtTarget()).isTrue();
    assertThat(target.roles().get(0).chunkCap()).isEqualTo(ChunkCap.NONE);
    assertThatThrownBy(() -> read("unlearn.method=npo", "unlearn.chunk-cap-nats=0"))
        .hasMessageContaining("unlearn.chunk-cap-nats");
    assertThatThrownBy(() -> read("unlearn.method=idk", "unlearn.chunk-cap-nats=target"))
        .hasMessageContaining(
            "unlearn.chunk-cap-nats is a loss on the text to forget, of which idk takes none");
  }

  @Test
  void aMethodOfTheSecondPaperBringsItsTraining() throws IOException {
    Settings settings = load("unlearn.method=npo+kl", "train.epochs=2");
    settings.check();
    Section train = settings.root().section("train");
    assertThat(train.doubleInRange("learning-rate", 0, 1)).isEqualTo(1e-5);
    assertThat(train.count("batch", 1)).isEqualTo(32);
    assertThat(train.string("lr-schedule")).isEqualTo("linear");
    assertThat(train.doubleInRange("warmup-ratio", 0, 1)).isEqualTo(0.2);
    assertThat(train.doubleInRange("weight-decay", 0, 1)).isEqualTo(0.01);
    assertThat(train.doubleInRange("epochs", 0, 9)).as("the user's own").isEqualTo(2);
    assertThat(settings.json()).as("what is recorded").contains("\"batch\":32");
  }

  @Test
  void aMethodOfTheFirstPaperTrainsAsItDoes() throws IOException {
    Section train = load("unlearn.method=adversarial-labels").root().section("train");
    assertThat(train.doubleInRange("learning-rate", 0, 1)).isEqualTo(2e-5);
    assertThat(train.count("batch", 1)).isEqualTo(480);
    assertThat(train.string("lr-schedule")).isEqualTo("cosine");
    assertThat(train.doubleInRange("warmup-ratio", 0, 1)).isEqualTo(0.03);
    assertThat(train.doubleInRange("epochs", 0, 9)).isEqualTo(1);
  }

  @Test
  void theWeightThatWasTunedForTheReverseDirectionStaysWithIt() throws IOException {
    assertThat(read("unlearn.method=max-entropy+descent").forgetWeight()).isEqualTo(1);
    assertThat(read("unlearn.method=max-entropy-reverse+descent").forgetWeight()).isEqualTo(0.1);
    assertThat(read("unlearn.method=max-entropy-reverse-padded+descent").forgetWeight())
        .isEqualTo(0.1);
  }

  @Test
  void unknownMethodsWeightsAndMissingNumbersAreAllReported() throws IOException {
    assertThatThrownBy(() -> read("unlearn.method=forget-me", "unlearn.retain-weights.holdout=1"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "unlearn.method must be a method: Unknown method \"forget-me\"; the methods are\n")
        .hasMessageContaining(
            "unlearn.retain-weights.holdout is not a known key; known here: retain, general");
    assertThatThrownBy(() -> read("unlearn.method=capped-ascent"))
        .hasMessage(
            "unlearn.cap-nats must be set for capped-ascent; it takes a number of nats per token");
    assertThatThrownBy(() -> read("unlearn.method=generic-predictions"))
        .hasMessage(
            "unlearn.reinforced-model must be set for generic-predictions; it takes the folder of a model finetuned on forget");
    assertThatThrownBy(() -> read("unlearn.method=npo+kl", "unlearn.retain-weights.retain=0"))
        .hasMessage(
            "unlearn.retain-weights must be above 0 for a split that kl keeps, was 0 for all; to keep none, set unlearn.method=npo");
  }

  @Test
  void replacingTermsNeedsADictionaryAndAModel() throws IOException {
    UnlearnSettings asked =
        read(
            "unlearn.method=whos-harry-potter+kl",
            "unlearn.reinforced-model=/f",
            "unlearn.replacements=/t.tsv");
    assertThat(asked.replacements()).contains("/t.tsv");
    assertThat(asked.roles())
        .extracting(Role::name)
        .containsExactly("forget.whos-harry-potter", "retain.kl");
    assertThatThrownBy(() -> read("unlearn.method=whos-harry-potter"))
        .hasMessage(
            """
            unlearn.reinforced-model must be set for whos-harry-potter; it takes the folder of a model finetuned on forget
            unlearn.replacements must be set for whos-harry-potter; it takes a file with a term, a tab and its generic replacement a line; generic-predictions needs none""");
  }

  @Test
  void aTaskVectorNeedsAModelAndTakesNothingThatTrainingTakes() throws IOException {
    UnlearnSettings asked =
        read(
            "unlearn.method=task-vector",
            "unlearn.reinforced-model=/f",
            "unlearn.task-vector-scale=0.4");
    assertThat(asked.taskVectorScale()).isEqualTo(0.4);
    assertThat(asked.scaledToTarget()).isFalse();
    assertThat(asked.roles()).as("nothing to descend on").isEmpty();
    assertThat(asked.method().trains()).isFalse();
    assertThatThrownBy(() -> read("unlearn.method=task-vector"))
        .hasMessage(
            "unlearn.reinforced-model must be set for task-vector; it takes the folder of a model finetuned on forget");
    assertThatThrownBy(() -> read("unlearn.method=task-vector+kl", "unlearn.reinforced-model=/f"))
        .hasMessage(
            "unlearn.method task-vector changes weights without training, so kl could not keep anything; set unlearn.method=task-vector, and train what is to be kept afterwards from its model");
    assertThatThrownBy(
            () ->
                read(
                    "unlearn.method=task-vector",
                    "unlearn.reinforced-model=/f",
                    "unlearn.retain-weights.retain=2",
                    "unlearn.retain-bound=0.1",
                    "unlearn.forget-weight=0",
                    "unlearn.start-noise=0.1",
                    "unlearn.sharpness-radius=0.01",
                    "unlearn.chunk-cap-nats=4"))
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            e ->
                assertThat(e.problems())
                    .extracting(problem -> problem.substring(0, problem.indexOf(' ')))
                    .containsExactly(
                        "unlearn.chunk-cap-nats",
                        "unlearn.forget-weight",
                        "unlearn.retain-bound",
                        "unlearn.retain-weights",
                        "unlearn.sharpness-radius",
                        "unlearn.start-noise"))
        .hasMessageContaining("is for methods that train, and task-vector does not; leave it out");
    for (String scale : List.of("0", "-1", "NaN")) {
      assertThatThrownBy(() -> read("unlearn.task-vector-scale=" + scale))
          .hasMessage("unlearn.task-vector-scale must be from 1.0E-9 to 1000000, was " + scale);
    }
  }

  @Test
  void parametersOutOfRangeAreNamedWithTheirValues() throws IOException {
    assertThatThrownBy(() -> read("unlearn.undial-beta=-1"))
        .hasMessage("unlearn.undial-beta must be from 0 to 1000000, was -1");
    assertThatThrownBy(() -> read("unlearn.weighted-ascent-beta=-0.1"))
        .hasMessage("unlearn.weighted-ascent-beta must be from 0 to 1000000, was -0.1");
    assertThatThrownBy(() -> read("unlearn.satimp-beta1=-2", "unlearn.satimp-beta2=Infinity"))
        .hasMessage(
            "unlearn.satimp-beta1 must be from 0 to 1000000, was -2\n"
                + "unlearn.satimp-beta2 must be from 0 to 1000000, was Infinity");
    assertThatThrownBy(
            () -> read("unlearn.margin-k=0", "unlearn.margin-tau=NaN", "unlearn.margin-rho=1.5"))
        .hasMessage(
            """
            unlearn.margin-k must be at least 1, was 0
            unlearn.margin-tau must be from -1000000 to 1000000, was NaN
            unlearn.margin-rho must be from 1.0E-6 to 1, was 1.5""");
    assertThatThrownBy(
            () -> read("unlearn.calibrated-factor=0", "unlearn.calibrated-temperature=-1"))
        .hasMessage(
            """
            unlearn.calibrated-factor must be from 1.0E-9 to 1, was 0
            unlearn.calibrated-temperature must be from 0.001 to 1000, was -1""");
    assertThatThrownBy(() -> read("unlearn.calibrated-factor=1.5"))
        .hasMessage("unlearn.calibrated-factor must be from 1.0E-9 to 1, was 1.5");
    assertThatThrownBy(() -> read("unlearn.rmu-layer=-1", "unlearn.rmu-scale=NaN"))
        .hasMessage(
            """
            unlearn.rmu-layer must be at least 0, was -1
            unlearn.rmu-scale must be from -1000000 to 1000000, was NaN""");
    assertThatThrownBy(() -> read("unlearn.jsd-text= "))
        .hasMessageStartingWith("unlearn.jsd-text must");
    assertThatThrownBy(() -> read("unlearn.undial-temperature=0"))
        .hasMessage("unlearn.undial-temperature must be from 0.001 to 1000, was 0");
    assertThatThrownBy(() -> read("unlearn.undial-beta=NaN"))
        .hasMessage("unlearn.undial-beta must be from 0 to 1000000, was NaN");
  }

  private UnlearnSettings read(String... pairs) throws IOException {
    Settings settings = load(pairs);
    UnlearnSettings unlearn = UnlearnSettings.read(settings.root());
    settings.check();
    return unlearn;
  }

  private Settings load(String... pairs) throws IOException {
    return Settings.load(Files.writeString(folder.resolve("run.conf"), ""), List.of(pairs));
  }
}
