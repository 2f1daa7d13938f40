/**
 * The training engine. {@link lethe.train.Trainer} plans the steps, launches the workers and holds
 * the weights; the result depends on the plan and never on the number of workers, because shard
 * gradients are added along one fixed tree ({@link lethe.train.gradient.ShardTree}).
 *
 * <p>What happens in step k is written in two files: {@link lethe.train.StepLoop} is the driver's
 * half, {@link lethe.train.worker.WorkerTask} the workers'.
 *
 * <p>Rooms: {@code plan} decides which example is used where, {@code worker} computes gradients,
 * {@code exchange} carries them over Spark's network layer (sealed by {@code seal}, guarded by
 * {@code guard}), {@code gradient} adds them, {@code optimizer} applies them, {@code steering} ends
 * the training at its target. The engine does not depend on corpus, evaluation or report.
 */
package lethe.train;
