package lethe.pipeline;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import lethe.check.Validation;
import lethe.folder.RunFolder;
import lethe.model.ModelFingerprint;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.hadoop.fs.Path;

/**
 * The models that a run's unlearning begins with and that the run does not make itself.
 *
 * @param config of the run
 */
public record GivenModels(RunConfig config) {
  /**
   * Their fingerprints, by what each is used for: {@code original}, {@code start}, {@code
   * reference}, {@code reinforced}.
   *
   * @throws lethe.settings.InvalidSettings when one is not there
   */
  public SortedMap<String, String> fingerprints() {
    Map<String, String> hadoop = Validation.hadoop(config);
    RunFolder folder = RunFolder.of(config.runDir(), Validation.configuration(hadoop));
    RunModels models = new RunModels(config, folder, hadoop);
    Set<Path> made = Set.of(folder.original(), folder.finetuned());
    SortedMap<String, String> fingerprints = new TreeMap<>();
    new StageInputs(config, folder, models)
        .used(Verb.UNLEARN)
        .forEach(
            (use, source) -> {
              if (!made.contains(new Path(source.path()))) {
                fingerprints.put(use, ModelFingerprint.of(source));
              }
            });
    return fingerprints;
  }
}
