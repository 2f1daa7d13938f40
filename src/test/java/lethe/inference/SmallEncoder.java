package lethe.inference;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import lethe.SharedData;
import lethe.model.EncoderSource;

/** An encoder of the reference data with a tokenizer of a few words, which the data lack. */
public final class SmallEncoder {
  private static final String[] WORDS = {
    "[CLS]", "[SEP]", "[UNK]", "a", "bird", "can", "fly", "not"
  };

  private SmallEncoder() {}

  /**
   * Copies one.
   *
   * @param name of the reference data: minilm or deberta_nli
   * @param folder to copy it to
   */
  public static Optional<EncoderSource> write(String name, EncoderSource.Use use, Path folder)
      throws IOException {
    Optional<Path> shared = SharedData.find("parity-2/encoders/" + name);
    if (shared.isEmpty()) {
      return Optional.empty();
    }
    Files.createDirectories(folder);
    for (String file : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(
          shared.get().resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    new ObjectMapper().writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer());
    return Optional.of(new EncoderSource(folder.toString(), use, Map.of()));
  }

  /** The id of a word. */
  public static int id(String word) {
    for (int i = 0; i < WORDS.length; i++) {
      if (WORDS[i].equals(word)) {
        return i + 1;
      }
    }
    return id("[UNK]");
  }

  private static ObjectNode tokenizer() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode tokenizer =
        (ObjectNode)
            json.readTree(
                """
                {
                  "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
                  "normalizer": {"type": "Lowercase"},
                  "pre_tokenizer": {"type": "Whitespace"},
                  "decoder": null,
                  "post_processor": {
                    "type": "TemplateProcessing",
                    "single": [
                      {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                      {"SpecialToken": {"id": "[SEP]", "type_id": 0}}
                    ],
                    "pair": [
                      {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                      {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                      {"SpecialToken": {"id": "[SEP]", "type_id": 1}}
                    ],
                    "special_tokens": {
                      "[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
                      "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}
                    }
                  },
                  "model": {"type": "WordLevel", "vocab": {}, "unk_token": "[UNK]"}
                }
                """);
    ObjectNode vocabulary = (ObjectNode) tokenizer.at("/model/vocab");
    for (String word : WORDS) {
      vocabulary.put(word, id(word));
    }
    return tokenizer;
  }
}
