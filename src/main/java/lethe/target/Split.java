package lethe.target;

import lethe.settings.Section;

/** The parts of a corpus, by what each is used for. */
public enum Split {
  /** Documents to forget. */
  FORGET,
  /** Documents of the same domains, to keep. */
  RETAIN,
  /** Documents of the same domains that the model has never seen. */
  APPROXIMATE,
  /** Documents of other domains, to keep. */
  GENERAL,
  /** Documents of other domains that nothing trains on. */
  HOLDOUT,
  /** Documents that earlier runs made the model forget: nothing trains on them. */
  EARLIER;

  /** The name in settings, chunks and reports: {@code forget}, {@code retain}, ... */
  public String key() {
    return Section.spelling(this);
  }
}
