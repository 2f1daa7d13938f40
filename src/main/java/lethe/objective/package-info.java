/**
 * What training minimises: each term one class with its equation, and the methods of the papers as
 * pairs of terms.
 *
 * <p>Works with tensors only: no Spark, no network, no files. Terms return sums and know nothing
 * about batches; the engine divides each term once by its count over the whole step. To add one,
 * write its class with its equation, and give it a name in {@link lethe.objective.Forget} or {@link
 * lethe.objective.Retain}: from there the methods and the contract tests find it.
 *
 * <p>Shapes in names: N scored positions, V vocabulary, K likeliest tokens, D width.
 */
package lethe.objective;
