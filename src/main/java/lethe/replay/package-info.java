/**
 * The check that anybody with the inputs can make: {@link lethe.replay.Replay} trains a certified
 * model again, from the settings and the inputs that the run recorded, and compares the weights.
 *
 * <p>It begins with what a run was given, and reads nothing that the run made but what it compares
 * with. It knows the stages by {@link lethe.pipeline.Pipeline} alone: how they work is theirs.
 */
package lethe.replay;
