package lethe.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import lethe.folder.Files;
import lethe.model.adapter.MergedWeights;
import lethe.model.adapter.PeftFolder;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.ModelOrigin;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.Vocabulary;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Where a model is read from, in a form that can be sent to other processes; the only way to its
 * weights, whatever their names in its files. An adapter counts as the model that comes out when it
 * is merged into its base.
 *
 * @param path a Hugging Face folder, or an adapter's as PEFT lays it out
 * @param base the base model of an adapter; empty for the one that the adapter itself names
 * @param hadoop settings of its file system that differ from the defaults
 */
public record ModelSource(String path, String base, Map<String, String> hadoop)
    implements Serializable {
  private static final String TIED = "tie_word_embeddings";

  /**
   * Whether a folder's weights contradict the tying in config.json, by {@link Files#state}. Cached,
   * because the answer takes reading two matrices where both are stored, and is needed whenever a
   * model is opened.
   */
  private static final Map<String, Boolean> UNTIED = new ConcurrentHashMap<>();

  /** Read once: Hadoop's defaults are a thousand keys in XML, and a model is opened often. */
  private static final Configuration DEFAULTS = new Configuration();

  static {
    DEFAULTS.size(); // reads them
  }

  public ModelSource(String path, Map<String, String> hadoop) {
    this(path, "", hadoop);
  }

  public ModelSource {
    hadoop = new HashMap<>(hadoop); // a plain map, which every serializer knows
  }

  /** The path alone, because the settings may hold credentials and this may end up in a log. */
  @Override
  public String toString() {
    return "ModelSource[" + path + "]";
  }

  /** Opens the folder; that of the base model where this is an adapter. */
  public HfFolder open() {
    return adapter().map(this::baseOf).orElseGet(() -> HfFolder.open(new Path(path), files()));
  }

  private Files files() {
    Configuration configuration = new Configuration(DEFAULTS);
    hadoop.forEach(configuration::set);
    return new Files(configuration);
  }

  /** The adapter that the folder holds, if it holds one. */
  public Optional<PeftFolder> adapter() {
    Files files = files();
    Path folder = new Path(path);
    return PeftFolder.is(folder, files)
        ? Optional.of(PeftFolder.open(folder, files))
        : Optional.empty();
  }

  /** The base model of this adapter; this model itself where it is none. */
  public ModelSource withoutAdapter() {
    return adapter()
        .map(peft -> new ModelSource(baseOf(peft).path().toString(), hadoop))
        .orElse(this);
  }

  /**
   * The same, with the base model of an adapter found once for all processes: the folder that the
   * adapter names, as this process sees it, or another where there is no such folder. A model that
   * is no adapter is returned as it is.
   *
   * @param other the base model of an adapter that names none which is there; may be empty
   */
  public ModelSource resolved(String other) {
    Optional<PeftFolder> adapter = adapter();
    if (adapter.isEmpty()) {
      return this;
    }
    Files files = files();
    String named = adapter.get().base();
    return new ModelSource(
        path, isModel(named, files) ? files.qualified(new Path(named)).toString() : other, hadoop);
  }

  private HfFolder baseOf(PeftFolder adapter) {
    Files files = files();
    String folder = base.isEmpty() ? adapter.base() : base;
    if (!isModel(folder, files)) {
      throw new InvalidSettings(
          "Cannot find the base model of the adapter in %s: %s; write its folder into base_model_name_or_path of %s"
              .formatted(
                  path,
                  folder.isEmpty() ? "it names none" : folder + " is no folder with config.json",
                  PeftFolder.CONFIG));
    }
    return HfFolder.open(new Path(folder), files);
  }

  private static boolean isModel(String folder, Files files) {
    try {
      return !folder.isEmpty() && files.exists(new Path(folder, HfFolder.CONFIG));
    } catch (IllegalArgumentException e) {
      return false; // a name in a model hub need not be a path
    }
  }

  /**
   * The network described by config.json and by the weights, if there are any.
   *
   * @throws InvalidSettings naming what is not supported
   */
  public Architecture architecture() {
    return read(open()).architecture();
  }

  /**
   * Checks the whole folder: that the weights are those of the network, tensor by tensor, and what
   * {@link #checkDescription()} checks.
   *
   * @return one sentence for each thing in it that is ignored or may be unintended
   * @throws InvalidSettings naming every tensor that is not as it should be
   */
  public List<String> check() {
    List<String> warnings = check(Checkpoint::check);
    adapter()
        .ifPresent(
            peft -> {
              checkBase();
              peft.checkValues(peft.network(architecture()));
            });
    return warnings;
  }

  /**
   * As {@link #check()}, but reads no values, except to compare the output matrix with the
   * embedding where the model is tied and both are stored.
   */
  public List<String> checkHeaders() {
    return check(Checkpoint::checkHeaders);
  }

  private List<String> check(Function<Checkpoint, List<String>> how) {
    HfFolder folder = open();
    Description read = read(folder);
    List<String> warnings = new ArrayList<>(checkDescription());
    if (read.untied) {
      warnings.add(
          "%s ties the output matrix to the embedding, but the weights contain a different output matrix: both are kept, as in transformers, and a model written from it has tie_word_embeddings=false"
              .formatted(read.config.source()));
    }
    warnings.addAll(how.apply(new Checkpoint(folder.weights(), read.architecture)));
    adapter().ifPresent(peft -> peft.network(read.architecture));
    return warnings;
  }

  /**
   * Checks what training from random weights needs from a folder: config.json and the tokenizer.
   *
   * @return as {@link #check()}
   * @throws InvalidSettings naming what is not supported
   */
  public List<String> checkDescription() {
    HfFolder folder = open();
    Description read = read(folder);
    List<String> warnings = new ArrayList<>(read.config.warnings());
    if (folder.hasTokenizer()) {
      JsonNode tokenizer = HfFolder.readJson(folder.tokenizer(), folder.files());
      Vocabulary.beyond(read.architecture.vocabulary(), tokenizer)
          .ifPresent(tokens -> warnings.add(folder.tokenizer() + " has " + tokens));
    }
    return warnings;
  }

  /**
   * The weights under the names of the network's tensors.
   *
   * @throws InvalidSettings naming every file that is missing or broken
   */
  public TensorSource weights() {
    HfFolder folder = open();
    Architecture architecture = read(folder).architecture();
    TensorSource weights = new Checkpoint(folder.weights(), architecture);
    return adapter()
        .<TensorSource>map(
            peft -> new MergedWeights(weights, peft.network(architecture), peft.tensors()))
        .orElse(weights);
  }

  /** The same, rounded. */
  public TensorSource weights(Quantization quantization) {
    return quantization == Quantization.NONE
        ? weights()
        : new QuantizedWeights(weights(), architecture(), quantization);
  }

  /**
   * Compares the base model of an adapter that Lethe made with the one that it was made over.
   *
   * @throws InvalidSettings when it is another one
   */
  void checkBase() {
    adapter()
        .flatMap(adapter -> ModelOrigin.read(adapter.path(), adapter.files()))
        .map(origin -> origin.made().models().get(ModelOrigin.BASE))
        .filter(made -> !made.equals(ModelFingerprint.of(withoutAdapter())))
        .ifPresent(
            made -> {
              throw new InvalidSettings(
                  "Cannot use the adapter in %s: it was made over another base model than %s (fingerprint %s); name that one in base_model_name_or_path of %s"
                      .formatted(
                          path, withoutAdapter().path(), made.substring(0, 8), PeftFolder.CONFIG));
            });
  }

  /**
   * Writes a model like this one: the same configuration, tokenizer and names of tensors, but other
   * weights.
   *
   * @param files that the folder is written with
   * @param target folder to write
   * @param dtype of the written weights
   * @param shardBytes most bytes of weights per file
   * @param weights under the names of the network's tensors
   * @param made what the model was made from, which is recorded beside it
   * @throws InvalidSettings when the target is this model's own folder
   * @throws IllegalStateException when a value is not finite in {@code dtype}
   */
  public void write(
      Files files,
      Path target,
      Dtype dtype,
      long shardBytes,
      TensorSource weights,
      ModelOrigin.Inputs made) {
    HfFolder folder = open();
    Description read = read(folder);
    Optional<Checkpoint> names = checkpoint(folder, read.architecture);
    Map<String, String> own = new HashMap<>();
    List<NamedShape> like = new ArrayList<>();
    for (NamedShape tensor : read.architecture.tensors()) {
      NamedShape name = names.map(c -> c.like(tensor)).orElse(tensor);
      own.put(name.name(), tensor.name());
      like.add(name);
    }
    ObjectNode config = folder.config().deepCopy();
    if (read.untied) {
      config.put(TIED, false); // other readers rely on it
    }
    new HfWriter(target, new HfFolder(folder.path(), files, config), dtype, shardBytes)
        .write(
            like,
            (name, from, to, offset, count) -> weights.read(own.get(name), from, to, offset, count),
            made);
  }

  /**
   * A folder's description of its network.
   *
   * @param untied whether config.json ties the output matrix to the embedding, but the weights
   *     contradict it
   */
  private record Description(ModelConfig config, Architecture architecture, boolean untied) {}

  /** As in transformers, an output matrix that differs from the embedding counts as separate. */
  private static Description read(HfFolder folder) {
    ModelConfig config = config(folder, folder.config());
    Architecture architecture = Architectures.of(config);
    boolean untied = architecture.tied() && untied(folder, architecture);
    if (untied) {
      ObjectNode honest = folder.config().deepCopy();
      honest.put(TIED, false);
      architecture = Architectures.of(config(folder, honest));
    }
    return new Description(config, architecture, untied);
  }

  private static boolean untied(HfFolder folder, Architecture architecture) {
    return UNTIED.computeIfAbsent(
        folder.files().state(folder.path()),
        state ->
            checkpoint(folder, architecture).filter(Checkpoint::hasOutputOfItsOwn).isPresent());
  }

  /**
   * Empty without readable weights: training from random weights needs none, and where they are
   * needed, opening them reports the reason.
   */
  private static Optional<Checkpoint> checkpoint(HfFolder folder, Architecture architecture) {
    try {
      return Optional.of(new Checkpoint(folder.weights(), architecture));
    } catch (InvalidSettings e) {
      return Optional.empty();
    }
  }

  private static ModelConfig config(HfFolder folder, JsonNode json) {
    return new ModelConfig(new Path(folder.path(), HfFolder.CONFIG).toString(), json);
  }

  /** Reads the weights onto a network's device. */
  public Parameters parameters(Network network) {
    return parameters(network, network.architecture());
  }

  /** Reads the weights, rounded, onto a network's device. */
  public Parameters parameters(Network network, Quantization quantization) {
    Parameters parameters = network.newParameters();
    read(weights(quantization), network.architecture(), parameters::write);
    return parameters;
  }

  /**
   * Reads the weights with noise added to the matrices, onto a network's device.
   *
   * @param noise of a matrix, in its standard deviations; at least 0
   */
  public Parameters noised(Network network, double noise, long seed) {
    Parameters parameters = network.newParameters();
    TensorSource weights = new NoisedWeights(weights(), architecture().tensors(), 1, noise, seed);
    read(weights, network.architecture(), parameters::write);
    return parameters;
  }

  /**
   * Reads the weights onto the device of a network with an adapter, which is left zero.
   *
   * @param base the network without it
   */
  public Parameters parameters(Network network, Architecture base) {
    Parameters parameters = network.newParameters();
    read(base, parameters::write);
    return parameters;
  }

  /** Takes pieces of the flat parameter vector. */
  @FunctionalInterface
  public interface Sink {
    /**
     * @param offset in the flat vector of the first value
     * @param values {@code count} of them, from {@code from}
     */
    void write(long offset, float[] values, int from, int count);
  }

  /** Reads the weights as one flat vector, in ascending pieces. */
  public void read(Architecture architecture, Sink sink) {
    read(weights(), architecture, sink);
  }

  static void read(TensorSource weights, Architecture architecture, Sink sink) {
    float[] piece = new float[1 << 18];
    long offset = 0;
    for (NamedShape tensor : architecture.tensors()) {
      for (long from = 0; from < tensor.elements(); from += piece.length) {
        int count = (int) Math.min(piece.length, tensor.elements() - from);
        weights.read(tensor.name(), from, piece, 0, count);
        sink.write(offset + from, piece, 0, count);
      }
      offset += tensor.elements();
    }
  }
}
