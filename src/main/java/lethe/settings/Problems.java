package lethe.settings;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is wrong with the settings, one sentence per problem, in the order found. */
final class Problems {
  private final List<String> sentences = new ArrayList<>();
  private final Map<String, String> written = new HashMap<>();

  void add(String sentence) {
    sentences.add(sentence);
  }

  void addAll(List<String> more) {
    sentences.addAll(more);
  }

  /**
   * A problem of one key.
   *
   * @param path whole path of the key
   * @param what is wrong with it: the rest of the sentence
   */
  void add(String path, String what) {
    String as = written.get(path);
    add(path + (as == null ? "" : " (" + as + ")") + " " + what);
  }

  /**
   * Makes the problems of a key say how it was written.
   *
   * @param as for example {@code written as train.warm-up in run.conf, line 3}
   */
  void written(String path, String as) {
    written.put(path, as);
  }

  boolean none() {
    return sentences.isEmpty();
  }

  /** Without repetitions: a key may be read more than once. */
  List<String> distinct() {
    return sentences.stream().distinct().toList();
  }
}
