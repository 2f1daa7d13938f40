/**
 * Language models as Hugging Face folders ({@link lethe.model.ModelSource}, which opens, checks and
 * writes them; {@link lethe.model.Checkpoint}, which knows what tensors are called) and as
 * TorchScript layers run by DJL ({@link lethe.model.Network}, {@link lethe.model.Parameters}).
 *
 * <p>Knows no Spark, no objective and no training; files stand on any Hadoop path. An architecture
 * is one file that names its tensors and writes its layer as TorchScript text; to add one, write
 * that file, add its line to {@link lethe.model.Architecture#of}, a parity test folder and its keys
 * (parity/keys.py).
 *
 * <p>Shapes in names: B sequences, T tokens, N scored positions, V vocabulary, D width, H query
 * heads, K key/value heads.
 */
package lethe.model;
