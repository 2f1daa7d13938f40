package lethe.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.folder.Files;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Encoders;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Where a network that judges texts is read from, in a form that can be sent to other processes.
 *
 * @param path a Hugging Face folder
 * @param use what it is for
 * @param hadoop settings of its file system that differ from the defaults
 */
public record EncoderSource(String path, Use use, Map<String, String> hadoop)
    implements Serializable {
  private static final String LENGTH = "max_seq_length";

  /** What a network is for. */
  public enum Use {
    /** Sentences become vectors: the mean of the last layer's hidden states. */
    SENTENCES,
    /** Pairs of texts get a label, as config.json names them. */
    CLASSIFIER
  }

  public EncoderSource {
    hadoop = new HashMap<>(hadoop); // a plain map, which every serializer knows
  }

  /** The path alone, because the settings may hold credentials and this may end up in a log. */
  @Override
  public String toString() {
    return "EncoderSource[" + path + "]";
  }

  public HfFolder open() {
    Configuration configuration = new Configuration();
    hadoop.forEach(configuration::set);
    return HfFolder.open(new Path(path), new Files(configuration));
  }

  /**
   * The network that config.json describes.
   *
   * @throws InvalidSettings naming what is not supported
   */
  public Architecture architecture() {
    return architecture(open());
  }

  private Architecture architecture(HfFolder folder) {
    ModelConfig config =
        new ModelConfig(new Path(folder.path(), HfFolder.CONFIG).toString(), folder.config());
    return use == Use.SENTENCES ? Encoders.sentences(config) : Encoders.classifier(config);
  }

  /**
   * Checks the whole folder but the weights' values.
   *
   * @throws InvalidSettings naming what is missing or not supported
   */
  public void check() {
    HfFolder folder = open();
    Architecture architecture = architecture(folder);
    folder.tokenizer();
    if (use == Use.SENTENCES) {
      checkPooling(folder);
    } else {
      labels();
    }
    new Checkpoint(folder.weights(), architecture).checkHeaders();
  }

  /** Refuses a folder that says its vectors are made in another way than by a mean. */
  private static void checkPooling(HfFolder folder) {
    Path file = new Path(folder.path(), "1_Pooling/config.json");
    if (folder.files().exists(file)) {
      JsonNode pooling = HfFolder.readJson(file, folder.files());
      pooling
          .properties()
          .forEach(
              mode -> {
                if (mode.getKey().startsWith("pooling_mode_")
                    && mode.getValue().asBoolean() != mode.getKey().endsWith("_mean_tokens")) {
                  throw new InvalidSettings(
                      "Cannot use %s: %s is %s, and only the mean of all tokens is supported"
                          .formatted(file, mode.getKey(), mode.getValue()));
                }
              });
    }
  }

  /**
   * The labels of a classifier, in the order of its logits.
   *
   * @throws InvalidSettings when config.json does not name one for each number from 0
   */
  public List<String> labels() {
    HfFolder folder = open();
    JsonNode named = folder.config().path("id2label");
    List<String> labels = new ArrayList<>();
    while (named.path(String.valueOf(labels.size())).isTextual()) {
      labels.add(named.path(String.valueOf(labels.size())).asText());
    }
    if (labels.size() < 2 || labels.size() != named.size()) {
      throw new InvalidSettings(
          "Cannot use %s as a classifier: id2label must name its labels by 0, 1, ..., was %s"
              .formatted(new Path(folder.path(), HfFolder.CONFIG), named));
    }
    return labels;
  }

  /** Most tokens of a text: as the folder says for sentences, or the longest that it can run. */
  public int longest() {
    HfFolder folder = open();
    int context = architecture(folder).context().tokens();
    Path file = new Path(folder.path(), "sentence_bert_config.json");
    int said =
        folder.files().exists(file)
            ? HfFolder.readJson(file, folder.files()).path(LENGTH).asInt(context)
            : context;
    return Math.min(context, Math.max(1, said));
  }

  /** Distinguishes it from another one that overwrites it. */
  public String fingerprint() {
    return ModelFingerprint.of(new ModelSource(path, hadoop));
  }

  /** Reads the weights onto a network's device. */
  public Parameters parameters(Network network) {
    Parameters parameters = network.newParameters();
    Checkpoint weights = new Checkpoint(open().weights(), network.architecture());
    ModelSource.read(weights, network.architecture(), parameters::write);
    return parameters;
  }
}
