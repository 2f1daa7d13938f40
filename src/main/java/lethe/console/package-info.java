/**
 * What a user sees while a run goes on: one line that is rewritten on a terminal, a line now and
 * then in a log file.
 */
package lethe.console;
