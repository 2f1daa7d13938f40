/** Ends a training at its target: probes of the forget loss, and the decisions made from them. */
package lethe.train.steering;
