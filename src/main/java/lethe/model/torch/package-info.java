/**
 * PyTorch through DJL: TorchScript text compiled and run, gradients returned as values, the
 * settings of reproducible arithmetic. It is independent of the architecture.
 */
package lethe.model.torch;
