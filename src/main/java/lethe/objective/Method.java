package lethe.objective;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An unlearning method by the name its paper gives it: which terms apply to which splits.
 *
 * @param name as users write it
 * @param summary one line
 * @param forget on the forget split
 * @param keep on the splits to keep; none for a method that only forgets
 * @param keepOn the splits
 */
public record Method(
    String name, String summary, Term forget, Optional<Term> keep, List<String> keepOn) {
  private static final Map<String, Method> ALL = new LinkedHashMap<>();

  static {
    add("gradient-ascent", "ascent on forget alone (Yao et al.)", null, List.of());
    add(
        "ascent-descent-general",
        "ascent on forget, descent on general text (Yao et al.)",
        new Descent(),
        List.of("general"));
    add(
        "ascent-descent-in-distribution",
        "ascent on forget, descent on retain text of the same domains (Yao et al.)",
        new Descent(),
        List.of("retain"));
    add(
        "ascent-kl-general",
        "ascent on forget, divergence from the original model kept small on general text (Yao et al.)",
        new KullbackLeibler(),
        List.of("general"));
    add(
        "ascent-kl-in-distribution",
        "ascent on forget, divergence from the original model kept small on retain (Yao et al.)",
        new KullbackLeibler(),
        List.of("retain"));
  }

  private static void add(String name, String summary, Term keep, List<String> on) {
    ALL.put(name, new Method(name, summary, new GradientAscent(), Optional.ofNullable(keep), on));
  }

  /**
   * The method of a name.
   *
   * @throws IllegalArgumentException listing all methods, if there is none of that name
   */
  public static Method of(String name) {
    Method method = ALL.get(name);
    if (method == null) {
      List<String> lines = new ArrayList<>();
      ALL.values().forEach(m -> lines.add("  " + m.name + ": " + m.summary));
      throw new IllegalArgumentException(
          "Unknown method \"" + name + "\"; the methods are\n" + String.join("\n", lines));
    }
    return method;
  }

  /**
   * The roles the splits play.
   *
   * @param weights of the splits to keep, by split
   */
  public List<Role> roles(Map<String, Double> weights) {
    List<Role> roles = new ArrayList<>();
    roles.add(new Role("forget", forget, 1));
    keep.ifPresent(
        term ->
            keepOn.forEach(
                split -> roles.add(new Role(split, term, weights.getOrDefault(split, 1.0)))));
    return roles;
  }
}
