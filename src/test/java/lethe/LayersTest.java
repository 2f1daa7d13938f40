package lethe;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which room knows which. A room is one package, without those below it. A row names all rooms that
 * its room uses, and only rooms of the rows above it, so the order of the rows is the order of the
 * house.
 */
class LayersTest {
  private static final Map<String, Set<String>> KNOWS = new LinkedHashMap<>();

  static {
    room("json", "");
    room("random", "");
    room("failure", "");
    room("jinja", "");
    room("settings", "");
    room("spark", "");
    room("folder", "json failure settings");
    room("lineage", "json folder");
    room("ledger", "json settings folder");
    room("certificate", "json settings folder ledger");
    room("table", "settings spark folder");
    room("sample", "json folder");
    room("target", "settings");
    room("objective", "random settings target");

    room("model.checkpoint", "json settings folder");
    room("model.torch", "");
    room("model.network", "settings model.checkpoint model.torch");
    room("model.family", "settings model.checkpoint model.torch model.network");
    room("model.adapter", "json random settings folder model.checkpoint model.network");
    room(
        "model",
        "random settings folder model.checkpoint model.network model.family model.adapter");
    room("loss", "objective model.torch model.network");
    room(
        "inference",
        "settings spark folder table model.checkpoint model.torch model.network model");
    room("generation", "random settings table model.network inference");

    room("corpus.source", "json failure settings spark folder table");
    room("request", "json settings spark folder ledger corpus.source");
    room("corpus.split", "settings folder table target corpus.source");
    room("corpus.duplicate", "random settings table target corpus.source corpus.split");
    room("corpus.token", "json jinja settings folder table corpus.source");
    room(
        "corpus",
        "json settings folder table target corpus.source corpus.split corpus.duplicate"
            + " corpus.token");

    room(
        "examples",
        "random settings spark folder table target objective model.network model loss inference"
            + " generation");

    room("tracking", "json settings folder");
    room("train.gradient", "settings objective model.checkpoint");
    room("train.optimizer", "folder model.checkpoint train.gradient");
    room("train.steering", "target train.gradient");
    room("train.seal", "");
    room("train.guard", "");
    room(
        "train.exchange",
        "settings spark objective model.torch train.gradient train.optimizer train.steering"
            + " train.seal train.guard");
    room("train.plan", "settings table objective loss examples train.gradient");
    room(
        "train.worker",
        "settings spark folder objective model.checkpoint model.torch model.network model loss"
            + " inference train.gradient train.optimizer train.steering train.exchange train.plan");
    room(
        "train",
        "json settings spark folder table target objective model.checkpoint model.torch"
            + " model.network model.adapter model loss inference examples train.gradient train.optimizer"
            + " train.steering train.exchange train.plan train.worker");

    room("evaluate.metric", "");
    room(
        "evaluate",
        "json settings folder table target model.checkpoint model.torch model.network model"
            + " inference generation corpus.token evaluate.metric");
    room("report", "json settings folder ledger target model.checkpoint evaluate.metric evaluate");

    room(
        "bench",
        "settings objective model.checkpoint model.torch model.network model.family model loss"
            + " inference");
    room("console", "settings target train evaluate");
    room(
        "run",
        "json settings spark folder sample target objective model.checkpoint inference corpus tracking train"
            + " evaluate report console");
    room(
        "check",
        "json settings folder sample target objective model.checkpoint model.network"
            + " model.family model.adapter model corpus.token corpus examples train evaluate report console run");
    room(
        "pipeline",
        "json failure settings spark folder lineage table target objective model.checkpoint model.network"
            + " model.adapter model corpus.source corpus.token corpus examples tracking train evaluate report console run check");
    room(
        "nightly",
        "json settings spark folder table target ledger model.checkpoint model corpus.source"
            + " corpus request evaluate console run check pipeline");
    room(
        "replay",
        "json settings spark folder table objective certificate model.checkpoint corpus evaluate console run"
            + " pipeline");
    room(
        "command",
        "failure settings spark folder model inference train bench console run check pipeline"
            + " nightly certificate replay");
  }

  private static final Pattern IMPORT =
      Pattern.compile(
          "^import (?:static )?lethe\\.((?:[a-z]+\\.)*[a-z]+)\\.[A-Z]", Pattern.MULTILINE);

  /** Rooms in which neither a row of Spark nor a task of it is to be found. */
  private static final String WITHOUT_SPARK =
      "json random failure jinja settings folder lineage ledger request sample target objective model.checkpoint model.torch"
          + " model.network model.family model.adapter model loss train.gradient train.optimizer train.steering"
          + " evaluate.metric report bench console";

  private static final String WITH_TENSORS =
      "objective model.checkpoint model.torch model.network model.family model loss inference"
          + " generation examples bench train.worker";

  private static final JavaClasses CLASSES =
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
  void everyRoomKnowsOnlyWhatItMay() throws IOException {
    List<String> refused =
        uses().stream()
            .filter(use -> !use.from().isEmpty() && !known(use.from()).contains(use.to()))
            .map(Use::what)
            .sorted()
            .toList();
    assertThat(refused).isEmpty();
  }

  /** An arrow that nothing uses allows what nobody has decided on. */
  @Test
  void everyRoomUsesAllThatItMay() throws IOException {
    Set<String> unused = new TreeSet<>();
    KNOWS.forEach((from, known) -> known.forEach(to -> unused.add(from + " -> " + to)));
    uses().forEach(use -> unused.remove(use.from() + " -> " + use.to()));
    assertThat(unused).isEmpty();
  }

  @Test
  void everyRoomHasARow() {
    Set<String> rooms = new TreeSet<>();
    CLASSES.forEach(one -> rooms.add(room(one.getPackageName())));
    rooms.remove(""); // Main, which nothing knows and which may know everything
    assertThat(KNOWS.keySet()).containsExactlyInAnyOrderElementsOf(rooms);
  }

  /** Packages and what lies below them are taken apart: two packages may not know each other. */
  @Test
  void noRoomsKnowEachOther() {
    SlicesRuleDefinition.slices().matching("lethe.(**)").should().beFreeOfCycles().check(CLASSES);
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
            + "|evaluate\\.Scorer)" // work within a loaded model
            + "(\\$.*)?",
        "ai.djl..");
  }

  /** Else its tasks would ask Spark for no GPU. */
  @Test
  void aStageOfAModelIsMadeWhereItsTasksAskForAGpu() {
    noClasses()
        .that()
        .resideInAnyPackage(packages("generation examples evaluate"))
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "partitions are worked on",
                call ->
                    call.getName().startsWith("mapPartitions")
                        && call.getTargetOwner().getPackageName().startsWith("org.apache.spark")))
        .check(CLASSES);
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
        .check(CLASSES);
  }

  /**
   * One room's use of another.
   *
   * @param what for a reader
   */
  private record Use(String from, String to, String what) {}

  /** In classes and, since constants are copied into the classes that use them, in imports. */
  private Set<Use> uses() throws IOException {
    Set<Use> uses = new HashSet<>();
    arrows()
        .map(
            arrow ->
                new Use(
                    origin(arrow),
                    target(arrow),
                    arrow.getOriginClass().getName()
                        + " knows "
                        + arrow.getTargetClass().getName()))
        .forEach(uses::add);
    Path sources = Path.of("src/main/java/lethe");
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        String from = sources.relativize(file.getParent()).toString().replace('/', '.');
        IMPORT
            .matcher(Files.readString(file))
            .results()
            .map(found -> found.group(1))
            .filter(to -> !to.equals(from))
            .forEach(to -> uses.add(new Use(from, to, file + " imports from " + to)));
      }
    }
    return uses;
  }

  /** Between rooms. */
  private Stream<Dependency> arrows() {
    return CLASSES.stream()
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

  private static Set<String> known(String room) {
    return KNOWS.getOrDefault(room, Set.of());
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
        .check(CLASSES);
  }
}
