/**
 * Messages and streams between workers and the driver. With {@code seal}, the only room that knows
 * Spark's network layer.
 */
package lethe.train.exchange;
