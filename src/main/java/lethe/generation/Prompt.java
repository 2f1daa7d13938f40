package lethe.generation;

/**
 * What an answer follows.
 *
 * @param id names the prompt; random choices are drawn for it
 * @param tokens at least 1
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Prompt(String id, int[] tokens) {}
