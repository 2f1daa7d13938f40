package lethe.train;

import lethe.train.worker.FaultInjection;

/** Kills the driver where a test asks for it: when a step is applied, recorded and saved. */
record FaultyJournal(StepLoop.Journal journal, FaultInjection fault) implements StepLoop.Journal {
  @Override
  public void add(StepRecord record) {
    journal.add(record);
  }

  @Override
  public void checkpoint(int steps) {
    journal.checkpoint(steps);
    fault.killDriverAt(steps);
  }
}
