/**
 * The verb {@code bench}: how fast this machine computes a model, beside its own matrix products.
 */
package lethe.bench;
