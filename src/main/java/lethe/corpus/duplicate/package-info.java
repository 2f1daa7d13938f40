/**
 * Documents that repeat one another: candidates from banded MinHash and from quotes, each compared
 * exactly, and what follows for the splits.
 */
package lethe.corpus.duplicate;
