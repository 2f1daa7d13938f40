/**
 * Files of a run on any Hadoop path ({@code file:}, {@code hdfs:}, {@code s3a:}): where each
 * stands, how a file is written so that a reader never sees half of it, and checksums. Knows no
 * Spark and no layer.
 */
package lethe.folder;
