package lethe.target;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Divides the documents of one split and domain into two halves: one steers the training (it
 * decides when to stop), the other gives the verdict, so that no run is judged by the documents it
 * aimed at. Documents are ranked by the SHA-256 of their id and assigned in turn; a sole document
 * is in both halves.
 */
public final class DocumentHalves {
  private DocumentHalves() {}

  /** The ids of the steering half. */
  public static Set<String> steering(Collection<String> ids) {
    return half(ids, 0);
  }

  /** The ids of the judging half. */
  public static Set<String> judging(Collection<String> ids) {
    return half(ids, ids.size() == 1 ? 0 : 1);
  }

  private static Set<String> half(Collection<String> ids, int first) {
    List<String> ranked =
        ids.stream().distinct().sorted(Comparator.comparing(DocumentHalves::hash)).toList();
    return IntStream.range(0, ranked.size())
        .filter(i -> i % 2 == first)
        .mapToObj(ranked::get)
        .collect(Collectors.toSet());
  }

  private static String hash(String id) {
    return DigestUtils.sha256Hex(id);
  }
}
