/**
 * Turns settings as a user writes them (HOCON, {@code key=value}) into the records that the layers
 * take, and reports all mistakes together. This package knows no layer: each reads its own record
 * from a {@link lethe.settings.Section}. To add a key, give it a default and a reason in {@code
 * reference.conf} and read it in the record of its layer. To rename one, also add its former
 * spelling to {@code FormerKeys}.
 */
package lethe.settings;
