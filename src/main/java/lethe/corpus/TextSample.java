package lethe.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lethe.corpus.source.Documents;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/** The beginnings of some texts, from places spread evenly over the sources. */
final class TextSample {
  /** Places in the sources; each is read no further than its texts. */
  private static final int PLACES = 16;

  private static final int ROWS = 4;
  private static final int CHARACTERS = 8192;

  private TextSample() {}

  /**
   * @param documents of the sources
   */
  static List<String> of(Dataset<Row> documents) {
    // Cut by Spark: one text may be too long for a task's memory.
    JavaRDD<String> beginnings =
        documents
            .select(functions.substring(functions.col(Documents.TEXT), 1, CHARACTERS))
            .javaRDD()
            .mapPartitions(
                rows -> {
                  List<String> texts = new ArrayList<>();
                  for (int i = 0; i < ROWS && rows.hasNext(); i++) {
                    String text = rows.next().getString(0);
                    if (text != null) { // else the row cannot be used
                      texts.add(text);
                    }
                  }
                  return texts.iterator();
                });
    int partitions = beginnings.getNumPartitions();
    int places = Math.min(PLACES, partitions);
    int[] chosen =
        IntStream.range(0, places).map(i -> (int) ((long) i * partitions / places)).toArray();
    return Arrays.stream(beginnings.collectPartitions(chosen)).flatMap(List::stream).toList();
  }
}
