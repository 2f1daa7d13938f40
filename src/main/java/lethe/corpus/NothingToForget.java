package lethe.corpus;

import lethe.settings.InvalidSettings;

/**
 * None of the documents to forget has a chunk, so no run could train on any of them, whatever its
 * other settings are.
 */
public final class NothingToForget extends InvalidSettings {
  /** One problem. */
  public NothingToForget(String problem) {
    super(problem);
  }
}
