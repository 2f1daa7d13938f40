package lethe.examples;

import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What steers a training to its target.
 *
 * @param target where training should end, domain by domain
 * @param rules how it is steered there
 * @param rows the chunks that every probe scores, see {@link ProbeRow}
 */
public record ProbePlan(SteeringTarget target, SteeringRules rules, Dataset<Row> rows) {}
