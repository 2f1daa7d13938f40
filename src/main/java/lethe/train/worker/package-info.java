/** One worker: a barrier task that turns its rows of the plan into gradients, step by step. */
package lethe.train.worker;
