package lethe.corpus.source;

import java.io.Serializable;
import java.util.List;

/**
 * A range of a source's file: the lines that begin in it.
 *
 * @param file its path
 * @param name its path below the source's folder
 * @param from first byte
 * @param to byte after the last
 * @param hosts that have it
 */
public record FileSlice(String file, String name, long from, long to, List<String> hosts)
    implements Serializable {
  long bytes() {
    return to - from;
  }
}
