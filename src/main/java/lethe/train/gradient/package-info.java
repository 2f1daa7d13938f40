/**
 * The flat vector of trained parameters and the sums of gradients: its layout and buckets, the tree
 * along which shards are added, rounding for the wire, and the parts kept apart for projection.
 */
package lethe.train.gradient;
