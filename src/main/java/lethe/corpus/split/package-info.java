/**
 * Which split each document is in: rules, lists of ids, requests, caps, and the reasons for rows
 * that are not used. Everything here is a function of a document's identity; no text passes through
 * a shuffle.
 *
 * <p>To add a condition, read it in {@link lethe.corpus.split.SplitRule} and apply it in {@link
 * lethe.corpus.split.Splits}.
 */
package lethe.corpus.split;
