package lethe.objective;

/** What one view of an example shows: which tokens, and which labels they should predict. */
public enum ViewKind {
  /**
   * The text with its own tokens as labels; of a question with its answer, only the answer's tokens
   * are labels.
   */
  TEXT,
  /** Question and answer, all their tokens labels; of plain text the same as {@link #TEXT}. */
  WHOLE,
  /**
   * As {@link #WHOLE}, filled up with end-of-text tokens to the length of a chunk, which are labels
   * too.
   */
  PADDED,
  /** The text, each label drawn uniformly from the vocabulary. */
  RANDOM_LABELS,
  /** The text, each label the likeliest token under the original model other than the true one. */
  ADVERSARIAL_LABELS,
  /**
   * The text, each label the likeliest token under the original model <em>after</em> the label's
   * position, other than the token at that position: one place early.
   */
  EARLY_ADVERSARIAL_LABELS,
  /** The text, each label drawn from what the original model predicts. */
  SAMPLED_LABELS,
  /**
   * The text, each label the likeliest token of a model that might never have seen it; tokens of a
   * term that the text has had before have none.
   */
  GENERIC_LABELS,
  /**
   * The text with its own tokens as labels, and beside them distributions that were made before
   * training.
   */
  STORED_LABELS,
  /** The text, its labels the tokens of a short text, again and again, from its first label on. */
  REPEATED_LABELS,
  /** The question with the answer of a kept question instead of its own, which is the labels. */
  MISMATCHED_ANSWER,
  /** The question with a rejection instead of its answer, whose tokens are the labels. */
  REJECTION,
  /**
   * The question with an answer that the original model was asked for instead of the true one. A
   * term that takes it several times gets as many of them.
   */
  DRAWN_ANSWER
}
