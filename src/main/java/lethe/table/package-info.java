/**
 * Spark tables: computed once ({@link lethe.table.MaterializedTables}), or kept in the run folder
 * and read again while they are current ({@link lethe.table.CachedTable}); how little data is
 * planned ({@link lethe.table.QuickPlans}); the names of their columns ({@link
 * lethe.table.Columns}) and how rows are read. It depends on no layer of Lethe.
 */
package lethe.table;
