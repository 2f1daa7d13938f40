package lethe.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lethe.folder.FaultyFileSystem;
import lethe.folder.RunFolder;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.checkpoint.TestOrigin;
import lethe.request.ForgottenName;
import lethe.request.NamedBy;
import lethe.request.RequestFolder;
import lethe.request.RequestState;
import lethe.request.Wish;
import lethe.run.RunConfig;
import lethe.target.Split;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Stands for the run and for the look at the sources, in milliseconds: a model's weights are drawn
 * from those that it begins with and the documents that it forgets and has forgotten, so that any
 * difference in what a night does shows in them. Like a run, it goes on with what is there.
 *
 * @param data JSON lines with the documents
 * @param unmet what the gate of a night says, by its name
 * @param runs counts the models that were made, by night
 * @param shorts ids of documents that are too short to be trained on
 */
record QuickStages(
    Path data, Map<String, String> unmet, Map<String, Integer> runs, Set<String> shorts)
    implements NightStages {

  static QuickStages over(Path data) {
    return new QuickStages(data, new TreeMap<>(), new TreeMap<>(), new TreeSet<>());
  }

  private List<ForgottenName> documents() {
    List<ForgottenName> all = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(data)) {
        JsonNode json = new ObjectMapper().readTree(line);
        all.add(
            new ForgottenName(
                "paper",
                json.path("id").asText(),
                null,
                DigestUtils.sha256Hex(json.path("text").asText())));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  /** Conditions are prefixes of ids here. */
  private static boolean meant(Wish wish, ForgottenName document) {
    return switch (wish.by()) {
      case DOCUMENT -> wish.key().equals(document.document());
      case SHA256 -> wish.key().equals(document.sha256());
      case URL -> false;
      case DOMAIN -> wish.key().equals(document.domain());
      case WHERE -> document.document().startsWith(wish.key().replaceAll("id LIKE '(.*)%'", "$1"));
    };
  }

  /** JSON lines stand for the table. */
  @Override
  public RequestFolder.Content requests(String table) {
    try {
      return RequestFolder.ofRows(table, Files.readAllLines(Path.of(table)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public SourceLookup.Found find(List<RequestState> requests, List<ForgottenName> forgotten) {
    Map<String, List<ForgottenName>> found = new LinkedHashMap<>();
    Map<String, List<Wish>> unknown = new LinkedHashMap<>();
    Map<String, String> refused = new LinkedHashMap<>();
    List<ForgottenName> all = documents();
    for (RequestState state : requests) {
      List<Wish> wishes = state.content().wishes();
      if (wishes.stream().anyMatch(wish -> wish.by() == NamedBy.DOMAIN)) {
        refused.put(state.request(), "it names everything");
        continue;
      }
      found.put(
          state.request(),
          all.stream().filter(d -> wishes.stream().anyMatch(w -> meant(w, d))).toList());
      unknown.put(
          state.request(),
          wishes.stream().filter(w -> all.stream().noneMatch(d -> meant(w, d))).toList());
    }
    return new SourceLookup.Found(
        found, unknown, refused, forgotten.stream().filter(all::contains).toList());
  }

  @Override
  public Optional<String> run(RunConfig night) {
    lethe.folder.Files files = new lethe.folder.Files(FaultyFileSystem.configuration());
    RunFolder folder = new RunFolder(new org.apache.hadoop.fs.Path(night.runDir()), files);
    String name = folder.root().getName();
    if (!files.exists(new org.apache.hadoop.fs.Path(folder.model(), HfFolder.CONFIG))) {
      runs.merge(name, 1, Integer::sum);
      write(folder, seed(night, files), files);
    }
    files.writeText(folder.evaluation(), "{\"documents\": [" + scored(night, files) + "]}");
    String why = unmet.get(name);
    files.writeText(
        new org.apache.hadoop.fs.Path(folder.report(), "report.json"),
        """
        {"scores": [{"model": "original", "split": "retain", "domain": "*", "nll": 2.0},
                    {"model": "unlearned", "split": "retain", "domain": "*", "nll": 2.%d}],
         "verdict": {"outcome": "matched", "distance": 0.01}, "target": {"nll": 2.5},
         "conditions": [{"name": "damage", "state": "%s"}],
         "requests": [{"request": "r1", "outcome": "matched", "unmet": []}],
         "corpus": {"chunks_sha256": "aa"}}
        """
            .formatted(name.charAt(9) - '0', why == null ? "passed" : "failed"));
    return Optional.ofNullable(why);
  }

  /** The documents to forget that are no short ones. */
  private String scored(RunConfig night, lethe.folder.Files files) {
    String file = night.corpus().splits().rule(Split.FORGET).requests().orElseThrow().file();
    return new String(files.read(new org.apache.hadoop.fs.Path(file)), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> shorts.stream().noneMatch(line::contains))
        .collect(Collectors.joining(", "));
  }

  /** A hash of all that the model depends on. */
  private static String seed(RunConfig night, lethe.folder.Files files) {
    StringBuilder inputs = new StringBuilder();
    inputs.append(
        night
            .unlearn()
            .initialWeights()
            .map(start -> new org.apache.hadoop.fs.Path(start, "model.safetensors"))
            .map(files::sha256)
            .orElse("first"));
    for (Split split : List.of(Split.FORGET, Split.EARLIER)) {
      Optional.ofNullable(night.corpus().splits().rule(split))
          .flatMap(rule -> rule.requests())
          .map(file -> files.read(new org.apache.hadoop.fs.Path(file.file())))
          .ifPresent(file -> inputs.append(new String(file, StandardCharsets.UTF_8)));
    }
    return DigestUtils.sha256Hex(inputs.toString());
  }

  private void write(RunFolder folder, String seed, lethe.folder.Files files) {
    Random random = new Random(Long.parseUnsignedLong(seed.substring(0, 16), 16));
    float[] values = new float[(int) TinyLlama.architecture().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    Map<String, Integer> starts = new TreeMap<>();
    int at = 0;
    for (NamedShape tensor : TinyLlama.architecture().tensors()) {
      starts.put(tensor.name(), at);
      at += (int) tensor.elements();
    }
    TensorSource source =
        (name, from, to, offset, count) ->
            System.arraycopy(values, starts.get(name) + (int) from, to, offset, count);
    org.apache.hadoop.fs.Path template =
        new org.apache.hadoop.fs.Path(data.getParent().toString(), "template");
    try {
      Path local = Files.createDirectories(data.resolveSibling("template"));
      new ObjectMapper().writeValue(local.resolve("config.json").toFile(), TinyLlama.config());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    new HfWriter(
            folder.model(), HfFolder.open(template, files), Dtype.FLOAT32, TinyLlama.SHARD_BYTES)
        .write(TinyLlama.architecture().tensors(), source, TestOrigin.MADE);
  }
}
