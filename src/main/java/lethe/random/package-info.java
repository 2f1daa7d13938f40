/**
 * Random numbers that depend on a seed and a place alone, so that they are the same for any number
 * of workers and in any order. It uses no other room.
 */
package lethe.random;
