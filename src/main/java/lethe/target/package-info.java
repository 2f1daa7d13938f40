/**
 * Where forgetting should end: the target, which half of the documents steers towards it and which
 * one judges, and how a distance from it is judged. Training and evaluation share it; it uses
 * neither Spark nor tensors.
 */
package lethe.target;
