/**
 * The user's sources: files of any supported format and packing, or tables, as one table of
 * documents ({@link lethe.corpus.source.Documents}). Damaged input is diagnosed by file.
 *
 * <p>To add a format, read it in {@link lethe.corpus.source.FileEntry}'s readers or in {@link
 * lethe.corpus.source.SourceRows} so that it yields the same columns; nothing after this room knows
 * where a document came from.
 */
package lethe.corpus.source;
