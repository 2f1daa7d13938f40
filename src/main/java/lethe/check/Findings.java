package lethe.check;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import lethe.settings.InvalidSettings;

/** What a check finds: every problem, every warning, and a few words on what is right. */
public final class Findings {
  /** The most problems of one kind that are listed; the others are only counted. */
  private static final int MOST_LISTED = 10;

  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private final List<String> right = new ArrayList<>();

  void problem(String sentence) {
    problems.add(sentence);
  }

  void problems(List<String> sentences) {
    sentences.stream().limit(MOST_LISTED).forEach(problems::add);
    if (sentences.size() > MOST_LISTED) {
      problems.add("... and %d more of the kind".formatted(sentences.size() - MOST_LISTED));
    }
  }

  /** Records something that a run can proceed with but the user may not have meant. */
  void warning(String sentence) {
    warnings.add(sentence);
  }

  void right(String sentence) {
    right.add(sentence);
  }

  /** Runs a check; an exception about a wrong setting or file becomes problems. */
  <T> Optional<T> look(Supplier<T> check) {
    try {
      return Optional.of(check.get());
    } catch (InvalidSettings e) {
      problems(e.problems());
    } catch (UncheckedIOException e) {
      problem(e.getMessage());
    }
    return Optional.empty();
  }

  /** Runs a check that returns nothing; true if it found nothing wrong. */
  boolean look(Runnable check) {
    return look(() -> {
          check.run();
          return true;
        })
        .isPresent();
  }

  /** Each once; with the setting in front of it, where one check knows it and another does not. */
  List<String> problems() {
    return problems.stream()
        .filter(problem -> problems.stream().noneMatch(other -> other.endsWith(": " + problem)))
        .distinct()
        .toList();
  }

  public List<String> warnings() {
    return warnings.stream().distinct().toList();
  }

  public List<String> right() {
    return right;
  }

  /**
   * @throws InvalidSettings with every problem, if there is any
   */
  public void refuse() {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems());
    }
  }
}
