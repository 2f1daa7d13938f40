/**
 * Messages and streams between workers and the driver. Only this room and {@code seal} use Spark's
 * network layer.
 */
package lethe.train.exchange;
