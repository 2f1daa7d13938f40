/**
 * Work on executors with models that are not trained: a model is read once into a process and stays
 * there while it is used, rows go through it in batches that depend on the rows alone, and what was
 * made is kept in the run folder. Labels, references, targets and scores come from it.
 *
 * <p>Must not know what the rows are for: neither training nor evaluation.
 */
package lethe.resident;
