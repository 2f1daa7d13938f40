package lethe.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Optional;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.OrNull;
import lethe.settings.InvalidSettings;

/**
 * Whether forgetting lasts when the model is changed as its users may change it: {@link
 * RunFolder#robustness}. The gate of the report judges by it.
 *
 * @param version of this file's members and their meaning
 * @param model fingerprint of the unlearned model that was checked
 * @param checks that were made, at least one
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Robustness(int version, String model, List<Check> checks) {
  /** Version 1 did not know documents in other words. */
  public static final int VERSION = 2;

  /**
   * One change of the model, and what it did to the forgetting.
   *
   * @param name as {@code int4} or {@code relearning}
   * @param passed whether the figure was measured and is within its limit
   * @param value the figure; null when it could not be measured, or is not a finite number
   * @param limit of the figure
   * @param finding both, with their unit, in a sentence without its full stop
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Check(
      String name, boolean passed, @OrNull Double value, double limit, String finding) {}

  /**
   * @return nothing where no check was made
   * @throws InvalidSettings when the file is damaged, or of another version
   */
  public static Optional<Robustness> read(RunFolder folder) {
    if (!folder.files().exists(folder.robustness())) {
      return Optional.empty();
    }
    String remedy = "delete it, or check the robustness again";
    JsonNode json = folder.files().readObject(folder.robustness(), remedy);
    int version = json.path("version").asInt(0);
    if (version != VERSION) {
      throw new InvalidSettings(
          "Cannot read %s: it is of version %d, this program reads %d; %s"
              .formatted(folder.robustness(), version, VERSION, remedy));
    }
    return Optional.of(Files.record(folder.robustness(), json, Robustness.class, remedy));
  }
}
