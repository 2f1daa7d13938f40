package lethe.corpus.token;

import java.util.List;
import java.util.ServiceLoader;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Tokenizes a column with a tokenizer named on the Hugging Face hub. DJL's Spark extension does so
 * where Lethe is built with the Maven profile {@code djl-spark}; everywhere else there is none.
 */
public interface HubTokenizer {
  /** What a tokenizer's name begins with in the settings. */
  String PREFIX = "hub:";

  /**
   * @param rows with a text in {@code column}
   * @param output name of a column that is added: a struct with {@code ids}, an array of bigint
   * @param id of the tokenizer on the hub
   */
  Dataset<Row> encode(Dataset<Row> rows, String column, String output, String id);

  /**
   * @throws InvalidSettings when this build has none
   */
  static HubTokenizer find() {
    return ServiceLoader.load(HubTokenizer.class, HubTokenizer.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidSettings(
                    List.of(
                        "Cannot use corpus.tokenizer = hub:...: it needs DJL's Spark extension, which this build lacks; build with mvn -P djl-spark package, or leave corpus.tokenizer out to use the tokenizer.json of model.path")));
  }
}
