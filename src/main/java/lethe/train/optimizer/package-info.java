/** The optimizer of the master weights, and the learning rate of each step. */
package lethe.train.optimizer;
