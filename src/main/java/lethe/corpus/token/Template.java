package lethe.corpus.token;

import java.io.Serializable;
import java.util.Map;
import lethe.settings.Section;

/**
 * How a question and its answer are put into one text; the text ends with the answer.
 *
 * @param before the question
 * @param between the question and the answer
 */
public record Template(String before, String between) implements Serializable {
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

  public static Template read(Section corpus) {
    String written = corpus.string("template");
    String text = NAMED.getOrDefault(written, written);
    int question = text.indexOf(QUESTION);
    int answer = text.length() - ANSWER.length();
    if (question < 0 || !text.endsWith(ANSWER) || answer < question + QUESTION.length()) {
      if (!written.isEmpty()) {
        corpus.problem(
            "template",
            "must be llama-2, llama-3, plain, or a text with %s that ends with %s, was \"%s\""
                .formatted(QUESTION, ANSWER, written));
      }
      return new Template("", " ");
    }
    return new Template(
        text.substring(0, question), text.substring(question + QUESTION.length(), answer));
  }

  /** The text up to the answer. */
  public String prompt(String question) {
    return before + question + between;
  }
}
