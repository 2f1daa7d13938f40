package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.folder.Files;
import lethe.jinja.JinjaException;
import lethe.jinja.JinjaTemplate;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The template of a chat model's own folder: {@code chat_template.jinja}, or {@code chat_template}
 * of {@code tokenizer_config.json}. It is run as transformers' {@code apply_chat_template} runs it,
 * once, on a question that stands for all; what it writes around that question is then written
 * around each.
 *
 * @param file that has it
 * @param template the template
 * @param values that every rendering has: the special tokens by their names
 */
record ChatTemplate(Path file, JinjaTemplate template, Map<String, Object> values) {
  private static final String CONFIG = "tokenizer_config.json";
  private static final String KEY = "chat_template";

  /** Stands for a question or an answer; no template has it. */
  private static final String MARK = "QxUxExSxTxIxOxN";

  /** Questions that a template might treat otherwise than others. */
  private static final String ODD = "It's \"odd\":\n\n 1 < 2 & {{ x }} <b>\u00e9</b>";

  /**
   * @throws InvalidSettings when the folder has none, or one that cannot be read
   */
  static ChatTemplate of(Files files, Path folder) {
    JsonNode config = json(files, new Path(folder, CONFIG));
    Path own = new Path(folder, "chat_template.jinja");
    Path file = files.exists(own) ? own : new Path(folder, CONFIG);
    Optional<String> source =
        files.exists(own)
            ? Optional.of(new String(files.read(own), StandardCharsets.UTF_8))
            : inConfig(config.path(KEY));
    if (source.isEmpty()) {
      throw problem(file, "it has no chat_template; set corpus.template to another template");
    }
    try {
      return new ChatTemplate(file, new JinjaTemplate(source.get()), specialTokens(config));
    } catch (JinjaException e) {
      throw problem(file, e.getMessage());
    }
  }

  /** A text, or several with names, of which one is called default. */
  private static Optional<String> inConfig(JsonNode value) {
    for (JsonNode named : value) {
      if (named.path("name").asText().equals("default")) {
        return Optional.of(named.path("template").asText());
      }
    }
    return value.isTextual() ? Optional.of(value.asText()) : Optional.empty();
  }

  private static Map<String, Object> specialTokens(JsonNode config) {
    Map<String, Object> tokens = new HashMap<>();
    config
        .properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              String text = value.isObject() ? value.path("content").asText() : value.asText("");
              if (entry.getKey().matches("[a-z]+_token") && !text.isEmpty()) {
                tokens.put(entry.getKey(), text);
              }
            });
    return tokens;
  }

  private static JsonNode json(Files files, Path file) {
    return files.exists(file) ? files.readJson(file) : MissingNode.getInstance();
  }

  /**
   * What it writes around a question.
   *
   * @param system what the system says first; empty for nothing
   * @throws InvalidSettings when it refuses the messages, or changes a question
   */
  Template around(String system) {
    String whole = asked(system, MARK);
    int at = whole.indexOf(MARK);
    if (at < 0 || whole.indexOf(MARK, at + 1) >= 0) {
      throw problem(file, "it does not write a question once, but:\n" + whole);
    }
    String before = whole.substring(0, at);
    String between = whole.substring(at + MARK.length());
    Template.Trim trim =
        Template.Trim.of(
            asked(system, " " + MARK).equals(whole), asked(system, MARK + "\n").equals(whole));
    Template found = new Template(before, between, null, trim);
    for (String question : new String[] {ODD, "\n " + MARK + " \n"}) {
      if (!asked(system, question).equals(found.prompt(question))) {
        throw problem(file, "it changes questions, for example this one: " + question);
      }
    }
    return found;
  }

  /**
   * The token that ends an answer: the first special one that it writes after it.
   *
   * @param added the {@code added_tokens} of {@code tokenizer.json}
   * @return its text; empty if it writes none
   */
  Optional<String> end(String system, JsonNode added) {
    List<Map<String, String>> messages = messages(system, "?");
    messages.add(message("assistant", MARK));
    String whole = render(messages, false);
    int at = whole.lastIndexOf(MARK);
    String after = at < 0 ? "" : whole.substring(at + MARK.length());
    String first = null;
    for (JsonNode token : added) {
      String text = token.path("content").asText();
      int place = after.indexOf(text);
      if (token.path("special").asBoolean()
          && place >= 0
          && (first == null
              || place < after.indexOf(first)
              || (place == after.indexOf(first) && text.length() > first.length()))) {
        first = text;
      }
    }
    return Optional.ofNullable(first);
  }

  private String asked(String system, String question) {
    return render(messages(system, question), true);
  }

  private static List<Map<String, String>> messages(String system, String question) {
    List<Map<String, String>> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(message("system", system));
    }
    messages.add(message("user", question));
    return messages;
  }

  private static Map<String, String> message(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  private String render(List<Map<String, String>> messages, boolean answered) {
    Map<String, Object> all = new HashMap<>(values);
    all.put("messages", messages);
    all.put("add_generation_prompt", answered);
    all.put("tools", null);
    all.put("documents", null);
    try {
      return template.render(all);
    } catch (JinjaException e) {
      throw problem(
          file,
          "%s; the messages were those of %s"
              .formatted(
                  e.getMessage(),
                  String.join(", ", messages.stream().map(m -> m.get("role")).toList())));
    }
  }

  private static InvalidSettings problem(Path file, String what) {
    return new InvalidSettings("Cannot use the chat template of %s: %s".formatted(file, what));
  }
}
