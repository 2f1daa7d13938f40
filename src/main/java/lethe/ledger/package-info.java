/**
 * What was asked to be forgotten and what became of it: an append-only chain of entries that can be
 * read and checked without this program.
 *
 * <p>{@link lethe.ledger.Ledger} is the file, {@link lethe.ledger.Chain} the rule that its entries
 * follow, {@link lethe.ledger.LedgerKey} what names documents for readers outside of the house.
 * This room knows nothing of models, corpora or Spark. A new kind of entry is a constant of {@link
 * lethe.ledger.EntryKind}; what it says goes into its detail.
 */
package lethe.ledger;
