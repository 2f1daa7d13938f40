/**
 * Models that are not trained, on executors: a model is read once into a process, and rows pass
 * through it in batches that depend on the rows alone. Substitute labels, reference scores, targets
 * and evaluation use it; it is independent of what the rows are for.
 */
package lethe.inference;
