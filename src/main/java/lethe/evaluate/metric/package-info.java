/** Formulas of single texts and of samples: no Spark, no tensors, no files. */
package lethe.evaluate.metric;
