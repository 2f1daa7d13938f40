/**
 * Settings as a user writes them (HOCON, {@code key=value}) turned into the records the layers
 * take, with every mistake reported at once. Knows no layer: each reads its own record from a
 * {@link lethe.settings.Section}. To add a key, give it a default and a reason in {@code
 * reference.conf} and read it in the record of its layer.
 */
package lethe.settings;
