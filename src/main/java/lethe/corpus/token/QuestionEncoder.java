package lethe.corpus.token;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lethe.folder.Files;
import org.apache.hadoop.fs.Path;

/**
 * Questions with answers as tokens: what a text begins with, the question in its template, the
 * answer, and one end of text.
 *
 * <p>Question and answer are tokenized together, as one text. A token that has any of the answer in
 * it belongs to the answer, so the space before its first word is not lost.
 *
 * @param template around the question
 * @param beginning what precedes the question
 * @param endOfText id of the token that ends a text
 */
public record QuestionEncoder(Template template, Beginning beginning, int endOfText)
    implements Serializable {
  /** Stands for an answer's first word. */
  private static final String FIRST_WORD = "A";

  /**
   * @param tokens question, answer and end of text
   * @param prompt how many of them come before the answer, at least 1 fewer than there are
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Encoded(int[] tokens, int prompt) {
    /** The first tokens; a cut answer has no end of text. */
    public Encoded cut(int length) {
      return new Encoded(Arrays.copyOf(tokens, Math.min(length, tokens.length)), prompt);
    }
  }

  /**
   * With the end of an answer that a model's folder names.
   *
   * @param template around the question
   * @param beginning what precedes the question
   * @param model Hugging Face folder
   * @param rows of the model's embedding
   * @throws lethe.settings.InvalidSettings when the folder does not name the token that ends a text
   */
  public static QuestionEncoder of(
      Template template, Beginning beginning, Files files, Path model, int rows) {
    return new QuestionEncoder(
        template.in(files, model),
        template.chat() == null ? beginning : Beginning.NONE, // a chat template writes it itself
        EndOfText.of(template, files, model, rows));
  }

  /**
   * A question for a model to answer: the tokens before an answer, as {@link #encode} has them.
   * Where the prompt ends with a space that is one token with the answer's first word, the model
   * writes it itself; a space as a token of its own is not what it has learnt.
   */
  public int[] prompt(Tokenizer tokenizer, String question) {
    String prompt = template.prompt(question);
    Tokens text = tokenizer.encode(prompt + FIRST_WORD);
    return join(beginning.of(tokenizer), Arrays.copyOf(text.ids, before(text, prompt)));
  }

  public Encoded encode(Tokenizer tokenizer, String question, String answer) {
    int[] begin = beginning.of(tokenizer);
    String prompt = template.prompt(question);
    Tokens text = tokenizer.encode(prompt + answer);
    int own = before(text, prompt);
    return new Encoded(join(begin, text.ids, new int[] {endOfText}), begin.length + own);
  }

  /**
   * Sentences as tokens in place of an answer, each with an end of text.
   *
   * @param json content of a {@code tokenizer.json}
   */
  public List<int[]> encodeAsAnswers(byte[] json, List<String> sentences) {
    // An answer never begins a text: many tokenizers would put a space in front of it there.
    String ahead = template.between().isEmpty() ? "?" : template.between();
    try (Tokenizer tokenizer = Tokenizer.of(json)) {
      return sentences.stream()
          .map(
              sentence -> {
                Tokens text = tokenizer.encode(ahead + sentence);
                int from = before(text, ahead);
                int[] ids = Arrays.copyOfRange(text.ids, from, text.ids.length);
                return join(ids, new int[] {endOfText});
              })
          .toList();
    }
  }

  /** Tokens that hold nothing of what follows {@code prompt}. */
  private static int before(Tokens text, String prompt) {
    int characters = prompt.codePointCount(0, prompt.length());
    int before = 0;
    while (before < text.ids.length && text.ends[before] <= characters) {
      before++;
    }
    return before;
  }

  /** What makes the tokens of two runs differ, besides the tokenizer: template and end of text. */
  public String signature() {
    return template.prompt("{question}") + "{answer} " + endOfText;
  }

  private static int[] join(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
  }
}
