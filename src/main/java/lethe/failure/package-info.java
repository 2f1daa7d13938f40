/**
 * How failures of Java, Hadoop and Spark are told apart where only their texts differ. It uses no
 * other room.
 */
package lethe.failure;
