package lethe.objective;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lethe.target.Split;

/**
 * An unlearning method: one of the seven of Yao et al., arXiv:2402.15159, by its name, or a pair
 * {@code forget+retain} as in Yuan et al., arXiv:2410.08109, or a {@link Forget} alone.
 *
 * @param name as users write it
 * @param forget on the forget split
 * @param retain on the splits to keep; none for a method that only forgets
 * @param weights of the retain term by split, where a user gives none
 */
public record Method(
    String name, Forget forget, Optional<Retain> retain, Map<String, Double> weights) {
  private static final List<Method> COMBINED =
      List.of(
          pair("ascent-descent-general", Retain.DESCENT, Split.GENERAL),
          pair("ascent-descent-in-distribution", Retain.DESCENT, Split.RETAIN),
          pair("ascent-kl-general", Retain.KL, Split.GENERAL),
          pair("ascent-kl-in-distribution", Retain.KL, Split.RETAIN));

  public Method {
    weights = Map.copyOf(weights);
  }

  private static Method pair(String name, Retain retain, Split split) {
    return new Method(name, Forget.GRADIENT_ASCENT, Optional.of(retain), Map.of(split.key(), 1.0));
  }

  /**
   * The method with a name.
   *
   * @throws IllegalArgumentException listing all methods, if there is none with that name
   */
  static Method of(String name) {
    for (Method method : COMBINED) {
      if (method.name.equals(name)) {
        return method;
      }
    }
    int plus = name.indexOf('+');
    Optional<Forget> forget =
        Arrays.stream(Forget.values())
            .filter(f -> f.spelling().equals(plus < 0 ? name : name.substring(0, plus)))
            .findFirst();
    Optional<Retain> retain =
        Arrays.stream(Retain.values())
            .filter(r -> plus >= 0 && r.spelling().equals(name.substring(plus + 1)))
            .findFirst();
    if (forget.isEmpty() || (plus >= 0 && retain.isEmpty())) {
      throw new IllegalArgumentException(
          "Unknown method \"" + name + "\"; the methods are\n" + String.join("\n", lines()));
    }
    return new Method(
        name, forget.get(), retain, retain.isEmpty() ? Map.of() : Map.of(Split.RETAIN.key(), 1.0));
  }

  /** Whether it is something to minimise; otherwise it has no roles, and no step is made. */
  public boolean trains() {
    return forget.trains();
  }

  /** Every method with what it does, one per line. */
  static List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Method method : COMBINED) {
      String split = method.weights.keySet().iterator().next();
      lines.add(
          "  %s: %s; on the split %s, %s"
              .formatted(
                  method.name,
                  method.forget.summary(),
                  split,
                  method.retain.orElseThrow().summary()));
    }
    for (Forget forget : Forget.values()) {
      lines.add("  " + forget.spelling() + ": " + forget.summary());
    }
    lines.add(
        "and each of these single terms but %s with one of"
            .formatted(Forget.TASK_VECTOR.spelling()));
    for (Retain retain : Retain.values()) {
      lines.add("  +" + retain.spelling() + ": " + retain.summary());
    }
    return lines;
  }

  /**
   * The roles of the splits.
   *
   * @param forgetWeight of the forget term; 0 leaves it out
   * @param own weights of the retain term by split, overriding {@link #weights}; a split of weight
   *     0 has no role
   * @param cap of the texts to forget
   */
  List<Role> roles(
      double forgetWeight, Map<String, Double> own, TermSettings settings, ChunkCap cap) {
    List<Role> roles = new ArrayList<>();
    if (!trains()) {
      return roles;
    }
    if (forgetWeight > 0) {
      roles.add(new Role(Split.FORGET.key(), forget.term(settings), forgetWeight, cap));
    }
    Map<String, Double> all = new TreeMap<>(weights);
    all.putAll(own);
    for (Retain kept : retain.stream().toList()) {
      all.forEach(
          (split, weight) -> {
            if (weight > 0) {
              roles.add(new Role(split, kept.term(settings), weight));
            }
          });
    }
    return roles;
  }
}
