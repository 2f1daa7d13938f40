/**
 * The verb {@code bench}: how fast this machine computes a model, compared with its own matrix
 * products.
 */
package lethe.bench;
