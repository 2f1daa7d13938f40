package lethe.evaluate;

/**
 * How far one model's predictions at the scored tokens of a passage are from another's.
 *
 * @param kl summed KL divergence, nats
 * @param jensenShannon summed Jensen-Shannon divergence, nats
 * @param agreed tokens where both models' likeliest token is the same
 */
record PassageDivergence(double kl, double jensenShannon, int agreed) {}
