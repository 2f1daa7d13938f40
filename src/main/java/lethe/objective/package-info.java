/**
 * What training minimises: each term one class with its equation, and the methods of the papers as
 * lists of terms.
 *
 * <p>Knows tensors only: no Spark, no network, no files. Terms return sums and are told nothing of
 * batches; the engine divides each term once by its count over the whole step. To add one, write
 * its class, add its line to {@link lethe.objective.Method} and let the contract test run over it.
 *
 * <p>Shapes in names: N scored positions, V vocabulary.
 */
package lethe.objective;
