package lethe.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Supplier;
import lethe.model.TrainedModel;
import lethe.model.checkpoint.TensorSource;
import lethe.settings.InvalidSettings;

/**
 * The weights of a training, at its end or on its way.
 *
 * @param model that is trained
 * @param values by tensor name: the trained ones, and those that are not trained
 * @param run everything that decides the trained ones, part by part, as the checkpoints have it
 */
public record TrainedWeights(TrainedModel model, TensorSource values, JsonNode run) {
  /** The part of a run's identity that says which weights are not trained. */
  static final String UNTRAINED = "the weights that are not trained";

  /** Takes weights on the way, in the driver, while the workers wait for the next step. */
  public interface Taker {
    /** Takes none. */
    Taker NONE = (steps, weights) -> {};

    /**
     * @param steps applied so far
     * @param weights as they are, for whoever wants these; they change with the next step
     */
    void take(int steps, Supplier<TrainedWeights> weights);
  }

  /**
   * Looks again at the weights that are not trained.
   *
   * @return their fingerprint; empty if all are trained
   * @throws InvalidSettings when they are not those that the run began with
   */
  public String untrained() {
    String begun = run.path("parts").path(UNTRAINED).asText("");
    if (!begun.isEmpty() && !begun.equals(model.start().fingerprint())) {
      throw new InvalidSettings(
          "Cannot write the trained model: the model in %s, of which parts were not trained, has changed since training began (fingerprint %s); put its files back and run the same command again, which goes on from the checkpoints"
              .formatted(model.start().model().path(), begun));
    }
    return begun;
  }
}
