/**
 * Files of a run on any Hadoop path ({@code file:}, {@code hdfs:}, {@code s3a:}): where each is,
 * how a file is written so that a reader never sees half of it, and checksums. Here is also what
 * many rooms need and none owns: the JSON mapper, the random numbers of {@link
 * lethe.folder.SplitMix64}, and the texts of other programs' failures. It uses no Spark and no
 * layer of Lethe.
 */
package lethe.folder;
