package lethe.jinja;

import java.util.HashMap;
import java.util.Map;

/** The names that a part of a template sees: its own, and those of what it is in. */
final class Scope {
  private final Scope outer;
  private final Map<String, Object> names = new HashMap<>();

  /**
   * @param outer what it is in; null for the template itself
   */
  Scope(Scope outer) {
    this.outer = outer;
  }

  Object find(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      if (scope.names.containsKey(name)) {
        return scope.names.get(name);
      }
    }
    return new Undefined(name);
  }

  void set(String name, Object value) {
    names.put(name, value);
  }
}
