/**
 * What a model knows of each split, measured: every chunk scored on the executors, one Parquet row
 * a chunk and model, and the figures Spark SQL makes of those rows.
 *
 * <p>{@link lethe.evaluate.Evaluate} is the stage; {@link lethe.evaluate.Evaluation} is what it
 * leaves for the report. Formulas know neither Spark nor tensors: they take the numbers of a
 * chunk's tokens, or of a split's documents; Membership, MemoryScore, Histogram and DocumentScore
 * are Spark SQL. Must not know training or how a report looks. To add a figure of a chunk, write
 * its formula as a class of its own, give it a column in {@link lethe.evaluate.Scores}, and say in
 * {@link lethe.evaluate.DocumentScore} how a document sums it up: in the order of its chunks, since
 * what reaches a file has the same bits however Spark reads the scores. Its name and formula go
 * into docs/evaluation.md.
 *
 * <p>Shapes in names: B sequences, T tokens, N scored positions, V vocabulary, D width.
 */
package lethe.evaluate;
