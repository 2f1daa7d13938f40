/**
 * Which example is used in which step, shard and role: a pure function of the seed, the chunks'
 * identities and the settings.
 */
package lethe.train.plan;
