/**
 * The order of the stages, and the stages that train. They meet only in the run folder; a finished
 * stage is not run again.
 *
 * <p>Each stage is a class with its inputs, {@code execute()} and a result: {@link
 * lethe.corpus.Prepare}, {@link lethe.pipeline.Descend}, {@link lethe.pipeline.Unlearn}, {@link
 * lethe.evaluate.Evaluate} and {@link lethe.report.Report}. To add one, add a verb and its commit
 * file in {@link lethe.pipeline.StageCommits}, and call it in {@link lethe.pipeline.Pipeline}.
 */
package lethe.pipeline;
