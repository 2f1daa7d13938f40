package lethe.corpus.token;

import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Documents, as (split, domain, id, text, question), to rows of {@link Chunks#SCHEMA}. All rows of
 * one domain and id are in one partition, and all but the first are left out: they repeat it.
 *
 * @param tokenizer content of {@code tokenizer.json}
 * @param library that makes the tokens
 * @param beginning what precedes each chunk
 * @param length tokens per chunk
 * @param minimumTail tokens; a shorter last chunk is dropped
 * @param encoder how questions and answers are written; null where there are none
 */
public record ChunkDocuments(
    Broadcast<byte[]> tokenizer,
    TokenizerLibrary library,
    Beginning beginning,
    int length,
    int minimumTail,
    QuestionEncoder encoder)
    implements MapPartitionsFunction<Row, Row> {

  @Override
  public Iterator<Row> call(Iterator<Row> documents) {
    Tokenizer own = Tokenizer.of(tokenizer.value(), library);
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> own.close());
    return new Rows(documents, own);
  }

  /** The chunks of one document at a time. */
  private final class Rows implements Iterator<Row> {
    private final Iterator<Row> documents;
    private final Tokenizer own;
    private final int[] begin;
    private final Set<List<String>> seen = new HashSet<>();
    private Iterator<Row> chunks = List.<Row>of().iterator();

    Rows(Iterator<Row> documents, Tokenizer own) {
      this.documents = documents;
      this.own = own;
      this.begin = beginning.of(own);
    }

    @Override
    public boolean hasNext() {
      while (!chunks.hasNext() && documents.hasNext()) {
        TextDocument document = TextDocument.from(documents.next());
        if (seen.add(List.of(document.domain(), document.id()))) {
          chunks = rows(document);
        }
      }
      return chunks.hasNext();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no chunk is left");
      }
      return chunks.next();
    }

    /** Made one by one, so that a long document's chunks are never all in memory. */
    private Iterator<Row> rows(TextDocument document) {
      if (document.question() != null) {
        return answer(document).iterator();
      }
      Chunker cut = new Chunker(own.pieces(document.text()), begin, length, minimumTail);
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return cut.hasNext();
        }

        @Override
        public Row next() {
          return cut.next().row(document);
        }
      };
    }

    /**
     * A question with its answer is one chunk, however long: what is too long is cut. One whose
     * question alone fills a chunk has none: it was rejected before.
     */
    private List<Row> answer(TextDocument document) {
      QuestionEncoder.Encoded encoded =
          encoder.encode(own, document.question(), document.text()).cut(length);
      return encoded.prompt() < length
          ? List.of(
              new Chunk(0, 0, document.characters(), encoded.tokens(), encoded.prompt())
                  .row(document))
          : List.of();
    }
  }
}
