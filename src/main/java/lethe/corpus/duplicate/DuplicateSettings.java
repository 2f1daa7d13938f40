package lethe.corpus.duplicate;

import java.io.Serializable;
import lethe.settings.Section;

/**
 * What counts as a copy of another document, and what is done about it.
 *
 * @param action with copies of documents to forget
 * @param near Jaccard similarity, above 0, at most 1
 * @param contained share of a document to forget that stands in another one, above 0, at most 1
 * @param excerpt share of another document that stands in one to forget, above 0, at most 1
 */
public record DuplicateSettings(Action action, double near, double contained, double excerpt)
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
        share(section, "near"),
        share(section, "contained"),
        share(section, "excerpt"));
  }

  private static double share(Section section, String key) {
    return section.doubleInRange(key, 0.1, 1);
  }
}
