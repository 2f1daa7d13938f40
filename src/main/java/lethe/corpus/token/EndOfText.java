package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The token that ends a text, as a model's folder names it.
 *
 * <p>A chat model's config.json often lists every token that may stop a generation, in no order of
 * use: the one that its answers end with is the tokenizer's {@code eos_token}, which transformers
 * appends, too. Only where no tokenizer file names one does the single {@code eos_token_id} of
 * config.json or generation_config.json count.
 */
public final class EndOfText {
  private static final String[] NAMED = {"tokenizer_config.json", "special_tokens_map.json"};
  private static final String[] NUMBERED = {"config.json", "generation_config.json"};

  private EndOfText() {}

  /**
   * The id of the token that ends an answer: the one that the model's own chat template writes
   * there, if that is the template and writes one, else the one that ends a text.
   *
   * @param template around questions
   * @param folder with tokenizer.json, config.json and what else there is
   * @param rows of the model's embedding
   * @throws InvalidSettings as {@link #of(Files, Path, int)}
   */
  static int of(Template template, Files files, Path folder, int rows) {
    if (template.chat() != null) {
      JsonNode tokenizer = json(files, folder, "tokenizer.json");
      Optional<String> end =
          ChatTemplate.of(files, folder).end(template.chat(), tokenizer.path("added_tokens"));
      if (end.isPresent()) {
        return checked(
            id(tokenizer, end.get()).orElseThrow(), rows, new Path(folder, "tokenizer.json"));
      }
    }
    return of(files, folder, rows);
  }

  /**
   * All tokens at which a model may end what it writes: the one that ends an answer, and every
   * {@code eos_token_id} of generation_config.json and config.json.
   *
   * @param template around questions
   * @param folder with tokenizer.json, config.json and what else there is
   * @param rows of the model's embedding; ids beyond it are left out
   * @return ids, ascending
   * @throws InvalidSettings as {@link #of(Files, Path, int)}
   */
  public static List<Integer> all(Template template, Files files, Path folder, int rows) {
    TreeSet<Integer> ids = new TreeSet<>(List.of(of(template, files, folder, rows)));
    for (String file : NUMBERED) {
      JsonNode value = json(files, folder, file).path("eos_token_id");
      for (JsonNode id : value.isArray() ? value : List.of(value)) {
        if (id.isInt() && id.asInt() >= 0 && id.asInt() < rows) {
          ids.add(id.asInt());
        }
      }
    }
    return List.copyOf(ids);
  }

  /**
   * Its id.
   *
   * @param folder with tokenizer.json, config.json and what else there is
   * @param rows of the model's embedding
   * @throws InvalidSettings when the folder names none, several, or one that the model does not
   *     have
   */
  public static int of(Files files, Path folder, int rows) {
    for (String file : NAMED) {
      JsonNode named = json(files, folder, file).path("eos_token");
      String token = named.isObject() ? named.path("content").asText() : named.asText("");
      if (!token.isEmpty()) {
        OptionalInt id = id(json(files, folder, "tokenizer.json"), token);
        return checked(
            id.orElseThrow(
                () ->
                    problem(
                        "eos_token of %s is %s, which tokenizer.json does not have"
                            .formatted(new Path(folder, file), token))),
            rows,
            new Path(folder, file));
      }
    }
    List<String> found = new ArrayList<>();
    for (String file : NUMBERED) {
      JsonNode value = json(files, folder, file).path("eos_token_id");
      JsonNode id = value.isArray() && value.size() == 1 ? value.get(0) : value;
      if (id.isInt()) {
        return checked(id.asInt(), rows, new Path(folder, file));
      }
      found.add((value.isMissingNode() ? "missing" : value) + " in " + file);
    }
    throw problem(
        "eos_token_id must be one token id, was %s, and no eos_token is named in %s; write the token that ends an answer there, as \"eos_token\""
            .formatted(String.join(" and ", found), new Path(folder, NAMED[0])));
  }

  private static JsonNode json(Files files, Path folder, String name) {
    Path file = new Path(folder, name);
    return files.exists(file) ? files.readJson(file) : MissingNode.getInstance();
  }

  private static int checked(int id, int rows, Path file) {
    if (id < 0 || id >= rows) {
      throw problem(
          "%s names token %d, and the model's embedding has %d rows".formatted(file, id, rows));
    }
    return id;
  }

  private static InvalidSettings problem(String what) {
    return new InvalidSettings(List.of("Cannot end answers: " + what));
  }

  /** The id of a token by its text in a tokenizer.json. */
  private static OptionalInt id(JsonNode tokenizer, String token) {
    for (JsonNode added : tokenizer.path("added_tokens")) {
      if (added.path("content").asText().equals(token)) {
        return OptionalInt.of(added.path("id").asInt());
      }
    }
    JsonNode vocabulary = tokenizer.at("/model/vocab");
    if (vocabulary.has(token)) {
      return OptionalInt.of(vocabulary.get(token).asInt());
    }
    for (int i = 0; vocabulary.isArray() && i < vocabulary.size(); i++) {
      if (vocabulary.get(i).path(0).asText().equals(token)) { // unigram: [piece, score]
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }
}
