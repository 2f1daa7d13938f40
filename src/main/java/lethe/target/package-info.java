/**
 * Where forgetting should end: the target, which half of the documents steers towards it and which
 * one judges, and what there is to say of a distance from it. Training and evaluation share it;
 * knows neither Spark nor tensors.
 */
package lethe.target;
