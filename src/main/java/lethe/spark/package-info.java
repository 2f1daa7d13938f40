/**
 * What Lethe uses of Spark that is not Spark's public interface: Catalyst's expressions, data
 * sources by name, the metrics system, names of partition folders, signals, its log. Another
 * release line of Spark is supported by changing this room and the transport in {@code
 * train.exchange} and {@code train.seal}.
 */
package lethe.spark;
