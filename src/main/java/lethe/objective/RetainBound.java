package lethe.objective;

import java.io.Serializable;

/**
 * A bound on what is lost of the text to keep.
 *
 * @param nats most that the retain terms may be, on average over the kept splits by their weights
 * @param rate with which the weights of these terms follow, per nat and step, greater than 0
 */
public record RetainBound(double nats, double rate) implements Serializable {}
