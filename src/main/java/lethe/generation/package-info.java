/**
 * Texts that models write: prompts as token ids in, answers and why they ended out. One process
 * writes a batch with {@link lethe.generation.Generator}; {@link lethe.generation.Answers} does it
 * for the rows of a table, on all executors. Each answer is a function of the model, its own prompt
 * and the settings: neither the batch nor the cluster changes it. It does not know what prompts are
 * for, nor how they are made from questions.
 *
 * <p>To add a way of choosing tokens, write a {@link lethe.generation.TokenChoice} whose
 * randomness, if any, belongs to the row, the place and the token.
 *
 * <p>Shapes in names: B prompts, V vocabulary, D width.
 */
package lethe.generation;
