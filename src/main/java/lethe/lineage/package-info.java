/**
 * What was made from what, for other tools: run events of OpenLineage. This room knows neither
 * stages nor Spark; {@link lethe.pipeline.Pipeline} says what begins and ends.
 */
package lethe.lineage;
