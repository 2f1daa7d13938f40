/**
 * Messages and streams between workers and the driver. Only this room, {@code seal} and {@code
 * guard} use Spark's network layer.
 */
package lethe.train.exchange;
