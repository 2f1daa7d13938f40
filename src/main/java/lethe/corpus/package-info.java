/**
 * The prepare stage: documents from the user's sources, each in at most one split, cut into chunks
 * of tokens in the run folder. {@link lethe.corpus.Prepare} is the stage, {@link
 * lethe.corpus.Manifest} its record, written last.
 *
 * <p>Rooms: {@code source} reads documents, {@code split} decides which split a document is in,
 * {@code duplicate} finds documents that repeat one another, {@code token} makes chunks. None knows
 * a model beyond its tokenizer files, its context length and the number of rows of its embedding.
 */
package lethe.corpus;
