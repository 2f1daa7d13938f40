package lethe.run;

/** What of a run folder is kept after the report. */
public enum Keep {
  /** Everything. */
  ALL,
  /** Models, records and the report: nothing that has texts, and nothing a report is made from. */
  MINIMAL
}
