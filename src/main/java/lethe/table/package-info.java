/**
 * Spark tables: computed once ({@link lethe.table.MaterializedTables}), or kept in the run folder
 * and read again while they are current ({@link lethe.table.CachedTable}). It depends on no layer
 * of Lethe.
 */
package lethe.table;
