package lethe;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which room may know which. A room is one package, without those below it. A row may only name
 * rooms of the rows above it, so the order of the rows is the order of the house.
 */
class LayersTest {
  private static final Map<String, Set<String>> KNOWS = new LinkedHashMap<>();

  static {
    room("settings", "");
    room("spark", "");
    room("folder", "settings");
    room("table", "settings folder");
    room("sample", "folder");
    room("target", "settings folder");
    room("objective", "settings");

    room("model.checkpoint", "settings folder");
    room("model.torch", "");
    room("model.network", "settings model.checkpoint model.torch");
    room("model.family", "settings model.checkpoint model.torch model.network");
    String network = " model.checkpoint model.torch model.network ";
    String model = network + " model.family model ";
    room("model", "settings folder model.family" + network);
    room("loss", "objective model.torch model.network");
    room("inference", "settings folder table" + model);

    String tables = "settings folder table target ";
    room("corpus.source", "settings folder table spark");
    room("corpus.split", tables + "corpus.source");
    room("corpus.duplicate", tables + "corpus.source corpus.split");
    room("corpus.token", "settings folder table corpus.source");
    room("corpus", tables + "corpus.source corpus.split corpus.duplicate corpus.token");

    room("examples", tables + "objective loss inference" + model);

    room("train.gradient", "settings objective model.checkpoint");
    room("train.optimizer", "settings model.checkpoint train.gradient");
    room("train.steering", "settings target train.gradient");
    room("train.seal", "");
    room("train.guard", "");
    String exchange = " train.gradient train.optimizer train.steering train.seal train.exchange ";
    room(
        "train.exchange",
        "settings target objective model.torch"
            + " train.gradient train.optimizer train.steering train.seal train.guard");
    room("train.plan", tables + "objective loss examples train.gradient");
    String worker = "settings folder target objective loss inference examples train.plan";
    room("train.worker", worker + exchange + model);
    room("train", worker + exchange + model + "spark table train.worker");

    room("evaluate.metric", "");
    room("evaluate", tables + "inference evaluate.metric" + model);
    room("report", "settings folder target evaluate evaluate.metric");

    room("bench", "settings objective loss inference" + model);
    room("console", "settings target train evaluate");
    String stages = tables + "objective inference corpus train evaluate console ";
    room("run", stages + "corpus.split sample report" + model);
    room("check", stages + "corpus.split corpus.token examples sample report run" + model);
    room("pipeline", stages + "spark corpus.token examples report run check" + model);
    room("command", stages + "bench run check pipeline" + model);
  }

  /** Rooms in which neither a row of Spark nor a task of it is to be found. */
  private static final String WITHOUT_SPARK =
      "settings folder sample target objective model.checkpoint model.torch model.network"
          + " model.family model loss train.gradient train.optimizer train.steering"
          + " evaluate.metric report bench console";

  private static final String WITH_TENSORS =
      "objective model.checkpoint model.torch model.network model.family model loss inference"
          + " examples bench train.worker";

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("lethe");

  private static void room(String own, String others) {
    Set<String> known = words(others);
    if (!KNOWS.keySet().containsAll(known)) {
      throw new IllegalStateException(own + " names a room that is not above it: " + others);
    }
    KNOWS.put(own, known);
  }

  @Test
  void everyRoomKnowsOnlyWhatItMay() {
    assertThat(classes(arrows().filter(arrow -> !mayKnow(arrow)))).isEmpty();
  }

  @Test
  void everyRoomHasARow() {
    Set<String> rooms = new TreeSet<>();
    classes.forEach(one -> rooms.add(room(one.getPackageName())));
    rooms.remove(""); // Main, which nothing knows and which may know everything
    assertThat(KNOWS.keySet()).containsExactlyInAnyOrderElementsOf(rooms);
  }

  /** Packages and what lies below them are taken apart: two packages may not know each other. */
  @Test
  void noRoomsKnowEachOther() {
    SlicesRuleDefinition.slices().matching("lethe.(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void onlyTrainSeesWhatIsWithinTrain() {
    Stream<Dependency> fromOutside = arrows().filter(arrow -> !origin(arrow).startsWith("train"));
    assertThat(classes(fromOutside.filter(arrow -> target(arrow).startsWith("train.")))).isEmpty();
  }

  @Test
  void sparkStaysWhereItIsUsed() {
    refuse(packages(WITHOUT_SPARK), "", "org.apache.spark..");
  }

  /** The exchange is built on Spark's transport, which is not part of its public interface. */
  @Test
  void onlyTheExchangeKnowsSparksTransport() {
    Set<String> others = new TreeSet<>(KNOWS.keySet());
    others.removeAll(words("train.exchange train.seal train.guard"));
    others.add("");
    refuse(packages(others), "", "org.apache.spark.network..", "io.netty..");
  }

  /** So that another line of Spark is served by changing one room more. */
  @Test
  void onlyTheRoomOfSparkKnowsItsOtherInternals() {
    Set<String> others = new TreeSet<>(KNOWS.keySet());
    others.remove("spark");
    refuse(
        packages(others),
        "",
        "org.apache.spark.metrics..",
        "org.apache.spark.sql.catalyst..",
        "org.apache.spark.sql.execution..",
        "org.apache.spark.sql.internal..");
  }

  @Test
  void tensorsStayWhereTheyAreUsed() {
    Set<String> others = new TreeSet<>(KNOWS.keySet());
    others.removeAll(words(WITH_TENSORS));
    others.add("");
    refuse(
        packages(others),
        "lethe\\.(corpus\\.token\\.Tokenizer" // the tokenizer's library is one of DJL's
            + "|evaluate\\.(Scorer|GreedyDecoder))" // work within a loaded model
            + "(\\$.*)?",
        "ai.djl..");
  }

  /** A caller's or a file's mistake is InvalidSettings: that alone ends with exit 2. */
  @Test
  void anIllegalArgumentIsAMistakeOfTheProgram() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("lethe.settings.InvalidSettings")
        .and()
        .haveNameNotMatching(
            "lethe\\.(objective\\.Method|model\\.network\\.(Decoding|TokenBatch)"
                + "|model\\.checkpoint\\.(Safetensors|SafetensorsHeader)"
                + "|train\\.exchange\\.(StepCollector|IncomingBucket|Message|ProbeCollector)"
                + "|train\\.plan\\.PlanReader|train\\.gradient\\.ShardTree)(\\$.*)?")
        .should()
        .callConstructorWhere(
            DescribedPredicate.describe(
                "an IllegalArgumentException is made",
                call ->
                    call.getTargetOwner().isEquivalentTo(IllegalArgumentException.class)
                        && !call.getOrigin().getName().equals("$deserializeLambda$"))) // javac's
        .check(classes);
  }

  /** Between rooms. */
  private Stream<Dependency> arrows() {
    return classes.stream()
        .flatMap(one -> one.getDirectDependenciesFromSelf().stream())
        .filter(arrow -> arrow.getTargetClass().getPackageName().matches("lethe(\\..*)?"))
        .filter(arrow -> !origin(arrow).equals(target(arrow)));
  }

  /** Each pair of classes once. */
  private static Set<String> classes(Stream<Dependency> arrows) {
    return arrows
        .map(a -> a.getOriginClass().getName() + " knows " + a.getTargetClass().getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean mayKnow(Dependency arrow) {
    return origin(arrow).isEmpty()
        || KNOWS.getOrDefault(origin(arrow), Set.of()).contains(target(arrow));
  }

  private static String origin(Dependency arrow) {
    return room(arrow.getOriginClass().getPackageName());
  }

  private static String target(Dependency arrow) {
    return room(arrow.getTargetClass().getPackageName());
  }

  /** The package's name within lethe, empty for lethe itself. */
  private static String room(String name) {
    return name.replaceFirst("^lethe\\.?", "");
  }

  private static Set<String> words(String text) {
    return text.isBlank() ? Set.of() : Set.of(text.strip().split("\\s+"));
  }

  private static String[] packages(String rooms) {
    return packages(words(rooms));
  }

  private static String[] packages(Set<String> rooms) {
    return rooms.stream().map(r -> r.isEmpty() ? "lethe" : "lethe." + r).toArray(String[]::new);
  }

  /**
   * @param except a regular expression of the classes that may, empty for none
   */
  private void refuse(String[] rooms, String except, String... others) {
    noClasses()
        .that()
        .resideInAnyPackage(rooms)
        .and()
        .haveNameNotMatching(except)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .check(classes);
  }
}
