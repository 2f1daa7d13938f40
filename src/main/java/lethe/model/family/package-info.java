/**
 * The supported architectures, one file each: the tensors of the family, and as TorchScript text
 * what its layer does before and after the attention ({@link lethe.model.torch.DecoderLayer}).
 *
 * <p>To add one, write that file, add it to {@link lethe.model.family.Architectures}, and add a
 * folder of reference logits and gradients to the parity tests.
 *
 * <p>Shapes in names: B sequences, T tokens, D width, H query heads, K key/value heads.
 */
package lethe.model.family;
