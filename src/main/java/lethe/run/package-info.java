/**
 * One run as its settings describe it: the settings of every layer together ({@link
 * lethe.run.RunConfig}), what they must agree on, what spark-submit needs, and the record of what
 * was asked for ({@link lethe.run.Provenance}).
 *
 * <p>This package starts no stage and reads no model. To add a setting of a layer, read it in that
 * layer's record; to add a rule between two layers, write it in {@link lethe.run.SettingRules}.
 */
package lethe.run;
