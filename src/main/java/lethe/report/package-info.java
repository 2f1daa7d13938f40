/**
 * What a run says of itself to a reader: {@code report/} with {@code report.json}, {@code
 * index.html} and {@code summary.md}, and a table on the terminal.
 *
 * <p>Knows the files of the run folder and nothing of how they came about: no Spark, no model. To
 * add a part, give it a member of {@link lethe.report.ReportFile} and a class that renders it.
 */
package lethe.report;
