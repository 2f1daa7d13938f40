package lethe.train;

import lethe.model.adapter.Adapter;

/**
 * A low-rank adapter that is trained in place of the model's own weights.
 *
 * @param adapter its shape
 * @param seed of its random start
 * @param write what the stage writes
 */
public record AdapterSettings(Adapter adapter, long seed, Written write) {
  /** What a stage that trains an adapter writes. */
  public enum Written {
    /** The model with the adapter merged into it. */
    MERGED,
    /** The adapter alone. */
    ADAPTER,
    /** The merged model, and the adapter in a folder inside that of the model. */
    BOTH
  }
}
