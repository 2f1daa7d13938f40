package lethe.hub;

import ai.djl.spark.task.text.TextEncoder;
import lethe.corpus.token.HubTokenizer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** DJL's Spark extension, which fetches the tokenizer from the Hugging Face hub. */
public final class DjlHubTokenizer implements HubTokenizer {
  @Override
  public Dataset<Row> encode(Dataset<Row> rows, String column, String output, String id) {
    return new TextEncoder().setInputCol(column).setOutputCol(output).setHfModelId(id).encode(rows);
  }
}
