package lethe.train.gradient;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.GlobPattern;

/**
 * A choice of parameters by name, such as {@code *.bias} or {@code model.layers.[0-3].*}: {@code
 * *}, {@code ?}, {@code [...]} and {@code {a,b}} as in Hadoop's path patterns. One of the patterns
 * must match the whole name.
 */
public final class ParameterPattern {
  private final List<String> patterns;
  private final List<GlobPattern> compiled;

  /**
   * @param patterns without a {@link #mistake}
   */
  public ParameterPattern(List<String> patterns) {
    this.patterns = List.copyOf(patterns);
    this.compiled = patterns.stream().map(GlobPattern::new).toList();
  }

  /** What is wrong with a pattern; null if nothing is. */
  public static String mistake(String pattern) {
    try {
      new GlobPattern(pattern);
      return null;
    } catch (RuntimeException e) { // its class has another name in each build of Hadoop
      return e.getMessage().replaceFirst("^error parsing regexp: ", "");
    }
  }

  public boolean matches(String name) {
    return compiled.stream().anyMatch(pattern -> pattern.matches(name));
  }

  /** The patterns that match none of the given names. */
  List<String> unmatched(List<String> names) {
    return IntStream.range(0, patterns.size())
        .filter(i -> names.stream().noneMatch(compiled.get(i)::matches))
        .mapToObj(patterns::get)
        .toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ParameterPattern that && patterns.equals(that.patterns);
  }

  @Override
  public int hashCode() {
    return patterns.hashCode();
  }

  @Override
  public String toString() {
    return patterns.toString();
  }
}
