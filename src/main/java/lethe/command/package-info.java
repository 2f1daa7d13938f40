/**
 * The command line: what a user types becomes a {@link lethe.run.RunConfig}, and what went wrong
 * becomes a sentence and an exit code.
 *
 * <p>Each {@link lethe.run.Verb} is a subcommand of {@link lethe.command.Lethe}, with the text that
 * the verb has. A verb that starts Spark needs no class of its own: {@link
 * lethe.command.StageCommand} serves all of them. To add another, add it to {@code Lethe.command}.
 */
package lethe.command;
