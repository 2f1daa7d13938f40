package lethe.folder;

/** Another driver has the run folder now; this one must not change it any more. */
public final class LeaseLostException extends IllegalStateException {
  LeaseLostException(String why) {
    super(why);
  }
}
