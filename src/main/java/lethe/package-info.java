/** The command line: each verb of {@link lethe.run.Verb} with its own arguments. */
package lethe;
