package lethe.evaluate;

import lethe.model.ModelSource;
import lethe.target.Split;

/**
 * A model that was trained again, for some steps, on one half of the documents of a split.
 *
 * @param name of the model that training began with
 * @param split whose half it was trained on
 * @param steps of training
 * @param source the model that came out
 */
public record RelearnedModel(String name, Split split, int steps, ModelSource source) {}
