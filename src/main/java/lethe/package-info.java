/** {@link lethe.Main} alone, which hands the command line to {@link lethe.command.Lethe}. */
package lethe;
