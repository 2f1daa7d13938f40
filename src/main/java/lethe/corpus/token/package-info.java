/**
 * Documents to chunks of token ids, with the model's own tokenizer. {@link
 * lethe.corpus.token.Chunks} defines the columns of the prepared corpus.
 */
package lethe.corpus.token;
