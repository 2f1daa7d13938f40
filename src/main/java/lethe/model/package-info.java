/**
 * Language models as Hugging Face folders: {@link lethe.model.ModelSource} opens, checks and writes
 * them, {@link lethe.model.Checkpoint} finds a network's tensors under the names a folder uses.
 *
 * <p>Rooms: {@code checkpoint} reads and writes files, {@code torch} runs TorchScript through DJL,
 * {@code network} is the forward and backward pass of any architecture, {@code family} describes
 * the architectures. None depends on Spark, an objective or training.
 *
 * <p>Shapes in names: B sequences, T tokens, N scored positions, V vocabulary, D width, H query
 * heads, K key/value heads.
 */
package lethe.model;
