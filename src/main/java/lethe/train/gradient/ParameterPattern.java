package lethe.train.gradient;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/**
 * A choice of parameters by name, as {@code *.bias} or {@code model.layers.[0-3].*}: {@code *},
 * {@code ?}, {@code [...]} and {@code {a,b}} as a shell takes them.
 *
 * @param patterns of which one must match the whole name
 */
public record ParameterPattern(List<String> patterns) {
  public ParameterPattern {
    patterns = List.copyOf(patterns);
  }

  /** What is wrong with a pattern; null if nothing is. */
  public static String mistake(String pattern) {
    try {
      matcher(pattern);
      return null;
    } catch (PatternSyntaxException e) {
      return e.getDescription();
    }
  }

  public boolean matches(String name) {
    return patterns.stream().anyMatch(pattern -> matches(pattern, name));
  }

  /** The patterns that match none of some names. */
  List<String> unmatched(List<String> names) {
    return patterns.stream()
        .filter(pattern -> names.stream().noneMatch(name -> matches(pattern, name)))
        .toList();
  }

  private static boolean matches(String pattern, String name) {
    return matcher(pattern).matches(Path.of(name));
  }

  private static PathMatcher matcher(String pattern) {
    return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
  }
}
