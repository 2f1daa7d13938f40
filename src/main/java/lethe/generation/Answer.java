package lethe.generation;

/**
 * What a model wrote.
 *
 * @param tokens without the one that ended it; with those of a stop string
 * @param text of the tokens, up to a stop string, without special tokens; null where the model has
 *     no tokenizer
 * @param stop why it ends
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Answer(int[] tokens, String text, StopReason stop) {}
