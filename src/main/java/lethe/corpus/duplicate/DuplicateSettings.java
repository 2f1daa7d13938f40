package lethe.corpus.duplicate;

import java.io.Serializable;
import lethe.settings.Section;

/**
 * What counts as a copy of another document, and what is done about it.
 *
 * @param action with copies of documents to forget
 * @param jaccardThreshold Jaccard similarity, above 0, at most 1
 * @param containmentThreshold share of a document to forget that stands in another one, above 0, at
 *     most 1
 * @param excerptThreshold share of another document that stands in one to forget, above 0, at most
 *     1
 */
public record DuplicateSettings(
    Action action, double jaccardThreshold, double containmentThreshold, double excerptThreshold)
    implements Serializable {

  /** What is done with a document of another split that repeats a document to forget. */
  public enum Action {
    /** It is in no split. */
    DROP,
    /** It is forgotten too. */
    FORGET,
    /** It stays where it is. */
    LIST,
    /** Nobody looks for copies. */
    IGNORE
  }

  public static DuplicateSettings read(Section section) {
    return new DuplicateSettings(
        section.choice("action", Action.class),
        share(section, "jaccard-threshold"),
        share(section, "containment-threshold"),
        share(section, "excerpt-threshold"));
  }

  private static double share(Section section, String key) {
    return section.doubleInRange(key, 0.1, 1);
  }
}
