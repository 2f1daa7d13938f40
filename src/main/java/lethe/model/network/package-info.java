/**
 * The network of any architecture: its parameters as one flat vector, the forward pass, the
 * backward pass layer by layer ({@link lethe.model.network.Tape}), and decoding token by token.
 *
 * <p>Shapes in names: B sequences, T tokens, N scored positions, V vocabulary, D width, H query
 * heads, K key/value heads.
 */
package lethe.model.network;
