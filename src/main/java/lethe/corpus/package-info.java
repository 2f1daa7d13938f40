/**
 * The prepare stage: documents from the user's sources, each in at most one split, cut into chunks
 * of tokens in the run folder. Knows the model only by its tokenizer files, its context length and
 * the rows of its embedding.
 *
 * <p>To read another kind of source, give {@link lethe.corpus.Documents} another reader that yields
 * its columns; nothing after it knows where a document came from. To add a condition to the
 * language of splits, read it in {@link lethe.corpus.SplitRule} and apply it in {@link
 * lethe.corpus.Splits}.
 */
package lethe.corpus;
