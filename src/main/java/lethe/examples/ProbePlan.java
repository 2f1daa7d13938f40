package lethe.examples;

import lethe.target.SteeringTarget;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What steers a training to its target.
 *
 * @param aim the target, domain by domain
 * @param rows of the plan, before its first step: the chunks to look at, each with its shard, its
 *     domain's number as role, and its views
 */
public record ProbePlan(SteeringTarget aim, Dataset<Row> rows) {
  /** Probe rows come before those of every step. */
  public static final int STEP = -1;
}
