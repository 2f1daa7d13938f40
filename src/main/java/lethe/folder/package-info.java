/**
 * Files of a run on any Hadoop path ({@code file:}, {@code hdfs:}, {@code s3a:}): where each is,
 * how a file is written so that a reader never sees half of it, and checksums. It uses no Spark.
 */
package lethe.folder;
