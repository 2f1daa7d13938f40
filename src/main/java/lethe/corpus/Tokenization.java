package lethe.corpus;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.token.ChunkDocuments;
import lethe.corpus.token.Chunks;
import lethe.corpus.token.HubChunking;
import lethe.corpus.token.HubTokenizer;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Tokenizer;
import lethe.corpus.token.TokenizerLibrary;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * How documents become chunks in a run, the same wherever chunks are made or counted.
 *
 * @param settings of the corpus
 * @param json content of {@code tokenizer.json}
 * @param library that makes its tokens
 * @param longestToken the most characters of a token
 * @param encoder how questions and answers are written, if there are any
 * @param texts of all documents
 */
record Tokenization(
    CorpusSettings settings,
    Broadcast<byte[]> json,
    TokenizerLibrary library,
    int longestToken,
    Optional<QuestionEncoder> encoder,
    DocumentTexts texts) {

  /**
   * Chunks of some documents, not computed yet.
   *
   * @param which columns {@code split domain id}
   * @param amount of their texts
   */
  Dataset<Row> chunks(Dataset<Row> which, DocumentTexts.Amount amount) {
    Dataset<Row> rows =
        texts.of(which, amount, col(SPLIT)).select(SPLIT, DOMAIN, ID, TEXT, QUESTION);
    if (settings.hub().isPresent()) {
      HubTokenizer hub = HubTokenizer.find();
      String id = settings.hub().get();
      try (Tokenizer own = Tokenizer.of(json.value())) {
        return HubChunking.probe(
                texts.spark(),
                hub,
                id,
                settings.beginning(),
                settings.chunkTokens(),
                settings.minimumTail(),
                own)
            .chunks(hub, id, rows);
      }
    }
    return rows.mapPartitions(
        new ChunkDocuments(
            json,
            library,
            settings.beginning(),
            settings.chunkTokens(),
            settings.minimumTail(),
            encoder.orElse(null)),
        Encoders.row(Chunks.SCHEMA));
  }

  /**
   * How many tokens the chunks of some documents have: columns {@code domain id tokens}.
   *
   * @param which columns {@code split domain id}
   * @param amount of their texts
   */
  Dataset<Row> tokens(Dataset<Row> which, DocumentTexts.Amount amount) {
    return chunks(which, amount)
        .groupBy(col(DOMAIN), col(DOCUMENT).as(ID))
        .agg(sum(size(col(TOKENS))).as(TOKENS));
  }

  /** Ids of the tokens before each chunk. */
  static List<Integer> beginning(CorpusSettings settings, byte[] json) {
    try (Tokenizer tokenizer = Tokenizer.of(json)) {
      return Arrays.stream(settings.beginning().of(tokenizer)).boxed().toList();
    }
  }
}
