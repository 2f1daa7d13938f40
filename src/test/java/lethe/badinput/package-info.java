/**
 * Bad inputs by the thousand, all from one seed: run files, settings, corpora, lists, models and
 * run folders are damaged one at a time, and the verb that reads them is called in this process as
 * a user calls it. {@link lethe.badinput.BadInputs} says what the answer must be like; to add a way
 * of damaging something, add a constant to {@link lethe.badinput.Kind}.
 */
package lethe.badinput;
