/**
 * The training engine: a plan that says what is used where, workers that turn it into gradients,
 * and an aggregator on the driver that owns the weights.
 *
 * <p>The result depends on the plan, never on how many workers there are: a step's work is cut into
 * virtual shards whose gradients are added along one fixed tree ({@link lethe.train.ShardTree}).
 * The transport appears in {@link lethe.train.Aggregator}, {@link lethe.train.AggregatorClient} and
 * {@link lethe.train.Message} only. Knows no evaluation and no report; {@link lethe.train.Steering}
 * ends a training at its target.
 */
package lethe.train;
