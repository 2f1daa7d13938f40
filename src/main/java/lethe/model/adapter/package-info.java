/**
 * Low-rank adapters (LoRA, Hu et al., arXiv:2106.09685): beside a matrix W of the base model, which
 * stays as it is, two small ones are trained, and the network computes with W + s B A. What is
 * here: the shape of an adapter, the network with one, its start, folders as PEFT lays them out,
 * and the weights into which an adapter is merged. It knows no training.
 */
package lethe.model.adapter;
