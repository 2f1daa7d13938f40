/**
 * Where objectives and networks meet: an example of training ({@link lethe.loss.Example}) and a
 * micro-batch of them, forward and backward ({@link lethe.loss.MicroBatch}).
 *
 * <p>Shapes in names: B sequences, T tokens, N scored positions, V vocabulary, D width.
 */
package lethe.loss;
