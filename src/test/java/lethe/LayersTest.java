package lethe;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which part may know which: stages meet in the run folder only. */
class LayersTest {
  private static final Map<String, Set<String>> KNOWS =
      Map.ofEntries(
          Map.entry("settings", Set.of()),
          Map.entry("folder", Set.of("settings")),
          Map.entry("table", Set.of("folder", "settings")),
          Map.entry("sample", Set.of("folder")),
          Map.entry("target", Set.of("folder", "settings")),
          Map.entry("objective", Set.of("settings")),
          Map.entry("model", Set.of("folder", "settings")),
          Map.entry("loss", Set.of("model", "objective", "settings")),
          Map.entry("inference", Set.of("folder", "model", "settings", "table")),
          Map.entry("corpus", Set.of("folder", "settings", "table", "target")),
          Map.entry("report", Set.of("evaluate", "folder", "settings", "target")));

  private static final List<String> WITHOUT_SPARK =
      List.of("settings", "folder", "sample", "target", "objective", "model", "report");

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("lethe");

  @Test
  void everyPackageKnowsOnlyWhatItMay() {
    List<String> all =
        List.of(
            "settings",
            "folder",
            "table",
            "sample",
            "target",
            "objective",
            "model",
            "loss",
            "inference",
            "corpus",
            "examples",
            "train",
            "evaluate",
            "report",
            "bench",
            "run",
            "check",
            "pipeline",
            "console");
    for (String own : KNOWS.keySet()) {
      for (String other : all) {
        if (!other.equals(own) && !KNOWS.get(own).contains(other)) {
          refuse(own, "lethe." + other + "..");
        }
      }
      refuse(own, "lethe"); // what joins the stages
    }
  }

  @Test
  void sparkStaysWhereItIsUsed() {
    WITHOUT_SPARK.forEach(own -> refuse(own, "org.apache.spark.."));
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

  private void refuse(String own, String other) {
    noClasses()
        .that()
        .resideInAPackage("lethe." + own + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(other)
        .check(classes);
  }
}
