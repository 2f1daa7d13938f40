package lethe.corpus.token;

/**
 * A run of a document's tokens.
 *
 * @param ordinal place among the document's chunks, from 0
 * @param start place of the first character in the text
 * @param end place after the last character
 * @param tokens ids
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Chunk(int ordinal, int start, int end, int[] tokens) {}
