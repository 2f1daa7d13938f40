/**
 * Who may speak to the driver, and how much they may say. Spark's transport and its authentication
 * believe the lengths that a peer claims, hold as many connections as come, and answer with stack
 * traces; what is here stands in front of them. It knows the frames of Spark's transport, but not
 * what the messages of the exchange mean.
 */
package lethe.train.guard;
