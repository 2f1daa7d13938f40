/**
 * Everything that can be known to be wrong before a run starts: settings that contradict each
 * other, files and models that are missing or unreadable, a cluster that is too small. Writes
 * nothing.
 *
 * <p>Every check adds a sentence to {@link lethe.check.Findings}: the value, the place and the
 * remedy. To add one, give it a method in the class of its subject and call it from {@link
 * lethe.check.Validation} (without Spark) or {@link lethe.check.Preflight} (with it).
 */
package lethe.check;
