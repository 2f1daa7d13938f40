/**
 * PyTorch through DJL: TorchScript text compiled and run, gradients returned as values, the
 * settings of reproducible arithmetic. Knows no architecture.
 */
package lethe.model.torch;
