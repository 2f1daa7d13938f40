package lethe.corpus.token;

import java.io.Serializable;
import java.util.Map;
import java.util.Optional;
import lethe.folder.Files;
import lethe.settings.Section;
import org.apache.hadoop.fs.Path;

/**
 * How a question and its answer are put into one text; the text ends with the answer.
 *
 * @param before the question
 * @param between the question and the answer
 * @param chat what the system says first, in the template of the model's own folder, which is not
 *     known yet ({@link #in}); null for any other
 * @param trim which of the question's blanks are left out
 */
public record Template(String before, String between, String chat, Trim trim)
    implements Serializable {
  private static final String CHAT = "chat";

  /** Which blanks at the ends of a question are left out. */
  enum Trim {
    NONE,
    FRONT,
    BACK,
    BOTH;

    static Trim of(boolean front, boolean back) {
      return front ? (back ? BOTH : FRONT) : back ? BACK : NONE;
    }

    private String of(String question) {
      return switch (this) {
        case NONE -> question;
        case FRONT -> question.stripLeading();
        case BACK -> question.stripTrailing();
        case BOTH -> question.strip();
      };
    }
  }

  private static final String QUESTION = "{question}";
  private static final String ANSWER = "{answer}";

  /** Templates with names. They do not have the token that begins a text: the tokenizer adds it. */
  private static final Map<String, String> NAMED =
      Map.of(
          "plain", "Question: {question}\nAnswer: {answer}",
          "llama-2", "[INST] {question} [/INST]{answer}",
          "llama-3",
              "<|start_header_id|>user<|end_header_id|>\n\n{question}<|eot_id|>"
                  + "<|start_header_id|>assistant<|end_header_id|>\n\n{answer}");

  public Template(String before, String between) {
    this(before, between, null, Trim.NONE);
  }

  public static Template read(Section corpus) {
    String written = corpus.string("template");
    Optional<String> system = corpus.optionalText("system-prompt");
    if (written.equals(CHAT)) {
      return new Template("", " ", system.orElse(""), Trim.NONE);
    }
    if (system.isPresent()) {
      corpus.problem(
          "system-prompt", "needs template = chat: write it into another template itself");
    }
    String text = NAMED.getOrDefault(written, written);
    int question = text.indexOf(QUESTION);
    int answer = text.length() - ANSWER.length();
    if (question < 0 || !text.endsWith(ANSWER) || answer < question + QUESTION.length()) {
      if (!written.isEmpty()) {
        corpus.problem(
            "template",
            "must be llama-2, llama-3, plain, chat, or a text with %s that ends with %s, was \"%s\""
                .formatted(QUESTION, ANSWER, written));
      }
      return new Template("", " ");
    }
    return new Template(
        text.substring(0, question), text.substring(question + QUESTION.length(), answer));
  }

  /**
   * This template, with what a model's folder says of it.
   *
   * @throws lethe.settings.InvalidSettings when it is the folder's own, and there is none that can
   *     be used
   */
  public Template in(Files files, Path model) {
    return chat == null ? this : ChatTemplate.of(files, model).around(chat);
  }

  /** The text up to the answer. */
  public String prompt(String question) {
    return before + trim.of(question) + between;
  }
}
