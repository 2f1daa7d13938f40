/**
 * Chunks to training examples: the views that each term of the method needs, with substitute
 * labels, reference scores, pairs and probes. Runs on executors before training, through {@code
 * inference}; it does not depend on the engine.
 */
package lethe.examples;
