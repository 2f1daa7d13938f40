package lethe.settings;

/**
 * What a run needs is not there now, such as room in a cluster: the same settings may do later. It
 * ends the program as any {@link InvalidSettings} does.
 */
public final class NotReady extends InvalidSettings {
  /** One problem. */
  public NotReady(String problem) {
    super(problem);
  }
}
