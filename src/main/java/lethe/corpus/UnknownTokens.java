package lethe.corpus;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import lethe.corpus.source.DocumentTexts;
import lethe.json.Json;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Tokens in texts that the model's embedding has no row for: tokens that somebody added to a
 * tokenizer and not to its model. Texts are only looked through where tokenizer.json has any.
 *
 * @param how documents become chunks
 * @param rows of the embedding
 */
record UnknownTokens(Tokenization how, int rows) {
  private static final String TOKEN = "token";
  private static final int MOST_TOKENS_NAMED = 3;

  /**
   * Sentences on documents that have such a token.
   *
   * @param documents columns {@code split domain id}
   * @param amount of their texts
   */
  List<String> problems(Dataset<Row> documents, DocumentTexts.Amount amount) {
    if (largest() < rows) {
      return List.of();
    }
    return how
        .chunks(documents, amount)
        .select(
            col(DOMAIN),
            col(DOCUMENT),
            expr("try_element_at(filter(tokens, id -> id >= " + rows + "), 1)").as(TOKEN))
        .where(col(TOKEN).isNotNull())
        .dropDuplicates(DOMAIN, DOCUMENT)
        .orderBy(DOMAIN, DOCUMENT)
        .limit(MOST_TOKENS_NAMED)
        .collectAsList()
        .stream()
        .map(
            row ->
                "Document %s of domain %s has token %d (%s), but the model's embedding has %d rows: remove it from the text, or add its row to the model"
                    .formatted(
                        row.getAs(DOCUMENT),
                        row.getAs(DOMAIN),
                        row.<Integer>getAs(TOKEN),
                        name(row.<Integer>getAs(TOKEN)),
                        rows))
        .toList();
  }

  /** The largest id of the tokenizer. */
  private int largest() {
    JsonNode json = json();
    JsonNode vocabulary = json.at("/model/vocab");
    int largest = vocabulary.isArray() ? vocabulary.size() - 1 : -1;
    if (vocabulary.isObject()) {
      for (JsonNode id : vocabulary) {
        largest = Math.max(largest, id.asInt());
      }
    }
    for (JsonNode added : json.path("added_tokens")) {
      largest = Math.max(largest, added.path("id").asInt());
    }
    return largest;
  }

  private String name(int token) {
    JsonNode json = json();
    for (JsonNode added : json.path("added_tokens")) {
      if (added.path("id").asInt() == token) {
        return added.path("content").asText();
      }
    }
    for (var member : json.at("/model/vocab").properties()) {
      if (member.getValue().asInt() == token) {
        return member.getKey();
      }
    }
    return json.at("/model/vocab").path(token).path(0).asText("unnamed");
  }

  private JsonNode json() {
    try {
      return Json.MAPPER.readTree(how.json().value());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read tokenizer.json: " + e.getMessage(), e);
    }
  }
}
