/**
 * What Lethe uses of Spark that is not Spark's public interface: Catalyst's expressions, data
 * sources by name, the metrics system, names of partition folders, signals, its log. What differs
 * between release lines of Spark is in {@code src/spark-3.5} and {@code src/spark-4}, the same
 * classes in each; what else another line could need is in this room and in the transport of {@code
 * train.exchange} and {@code train.seal}.
 */
package lethe.spark;
