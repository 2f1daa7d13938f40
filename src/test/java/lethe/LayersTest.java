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

/** Which package may know which: stages meet in the run folder only. */
class LayersTest {
  private static final Map<String, Set<String>> KNOWS =
      Map.ofEntries(
          Map.entry("settings", Set.of()),
          Map.entry("folder", Set.of("settings")),
          Map.entry("sample", Set.of("folder")),
          Map.entry("target", Set.of("folder")),
          Map.entry("objective", Set.of("settings")),
          Map.entry("model", Set.of("folder", "settings")),
          Map.entry("corpus", Set.of("folder", "settings")),
          Map.entry("resident", Set.of("folder", "model", "settings")),
          Map.entry("evaluate", Set.of("folder", "model", "resident", "settings", "target")),
          Map.entry("report", Set.of("evaluate", "folder", "settings", "target")),
          Map.entry(
              "train", Set.of("folder", "model", "objective", "resident", "settings", "target")));

  private static final List<String> WITHOUT_SPARK =
      List.of("settings", "folder", "sample", "target", "objective", "model", "report");

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("lethe");

  @Test
  void everyPackageKnowsOnlyWhatItMay() {
    for (String own : KNOWS.keySet()) {
      for (String other : KNOWS.keySet()) {
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
            "lethe\\.(objective\\.Method|model\\.(Decoding|Safetensors|SafetensorsHeader|TokenBatch)"
                + "|train\\.(Aggregator|Incoming|Message|PlanReader|ProbeSums|ShardTree))(\\$.*)?")
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
