package lethe.report;

import java.util.Optional;
import lethe.settings.Section;

/**
 * What the figures of the gate may be at most.
 *
 * @param damage largest rise of loss on a split to be kept or a domain of it, nats per token
 * @param damageKey the setting that it comes from
 * @param membership distance of an AUC from what it should be, to either side
 * @param memory excess of extraction strength, 0 to 1
 */
record GateLimits(double damage, String damageKey, double membership, double memory) {

  /** Reads {@code report.limits}, over which {@code report.max-damage} wins. */
  static GateLimits read(Section report) {
    Section limits = report.section("limits");
    double damage = limits.doubleInRange("damage", 0, 100);
    Optional<Double> maxDamage = report.optionalNumber("max-damage", 0, 100);
    return new GateLimits(
        maxDamage.orElse(damage),
        maxDamage.isPresent() ? "report.max-damage" : "report.limits.damage",
        limits.doubleInRange("membership", 0, 0.5),
        limits.doubleInRange("memory", 0, 1));
  }
}
