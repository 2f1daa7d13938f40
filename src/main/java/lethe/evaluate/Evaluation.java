package lethe.evaluate;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.OrNull;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import lethe.settings.Secrets;
import lethe.settings.Section;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What an evaluation found, and the files of its scores. It is written last: scores without it are
 * unfinished.
 *
 * @param version of this file's members and their meaning
 * @param asked what the figures depend on besides the weights
 * @param models evaluated, in order
 * @param scores one per model, split and domain
 * @param membership one per model, domain and score
 * @param memory one per model, split and domain
 * @param memoryComparisons of the memory of forget with that of unseen text, one per model and
 *     domain
 * @param domainsLeftOut to forget that have no approximate text
 * @param tasks one per model and task
 * @param histograms one per model, split and domain
 * @param truths how far the other models are from the retrained one; empty when there is none
 * @param entropies one per model and domain: how sure it is on forgotten text
 * @param verdicts one per model other than the original
 * @param domainVerdicts one per model other than the original and domain to forget; evaluations of
 *     older versions of Lethe have none
 * @param requests to forget, where any were listed
 * @param documents to forget, the worst first
 * @param chunkScores one per model, split and domain: figures that are means over chunks
 * @param verbatim one per model, split and domain of {@link ContinuationSettings}; empty where none
 *     are asked for
 * @param continuations of forget chunks; empty unless {@code report.examples} asked for them
 * @param earlier what earlier runs made a model forget, by request; empty where none was listed
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Evaluation(
    int version,
    Asked asked,
    List<Model> models,
    List<SplitScore> scores,
    List<MembershipScore> membership,
    List<MemoryScore> memory,
    List<MemoryComparison> memoryComparisons,
    List<String> domainsLeftOut,
    List<TaskScore> tasks,
    List<Histogram> histograms,
    List<DistanceToRetrained> truths,
    List<EntropyGap> entropies,
    List<Verdict> verdicts,
    @OrNull List<DomainVerdict> domainVerdicts,
    List<RequestScore> requests,
    List<ForgottenDocument> documents,
    @OrNull List<ChunkScore> chunkScores,
    @OrNull List<VerbatimScore> verbatim,
    List<Continuation> continuations,
    @OrNull List<EarlierScore> earlier) {

  /**
   * A file of an older build has no verdicts by domain, scores by chunk, verbatim ones or such of
   * earlier requests.
   */
  public Evaluation {
    domainVerdicts = domainVerdicts == null ? List.of() : List.copyOf(domainVerdicts);
    chunkScores = chunkScores == null ? List.of() : List.copyOf(chunkScores);
    verbatim = verbatim == null ? List.of() : List.copyOf(verbatim);
    earlier = earlier == null ? List.of() : List.copyOf(earlier);
  }

  /**
   * Version 1 had verdicts decided by the point, and membership over a pool of all domains; version
   * 2 had no intervals of membership, no comparison of memory, histograms of whole splits and
   * nothing by document.
   */
  public static final int VERSION = 3;

  /**
   * What was asked for, so that a later call can see whether it asks for more.
   *
   * @param chunksSha256 of the corpus
   * @param models folders by name, in order, as the settings have them resolved, but without
   *     credentials
   * @param tasks in order
   * @param microBatch chunks per forward pass
   * @param precision of matrix products: float32 or bfloat16
   * @param band half the width of the verdict's, nats per token
   * @param examples whether continuations were asked for
   * @param seed of the intervals' draws
   * @param continuations which chunks were continued; absent where none were
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Asked(
      String chunksSha256,
      Map<String, String> models,
      List<AskedTask> tasks,
      int microBatch,
      String precision,
      double band,
      boolean examples,
      long seed,
      @OrNull @JsonInclude(JsonInclude.Include.NON_NULL) ContinuationSettings continuations) {

    /**
     * What an evaluation of some models depends on.
     *
     * @param models by name, in order
     * @throws InvalidSettings when a task has no file
     */
    public static Asked of(
        EvaluateSettings settings,
        Map<String, ModelSource> models,
        String chunksSha256,
        Files files) {
      Map<String, String> paths = new LinkedHashMap<>();
      models.forEach((name, source) -> paths.put(name, shown(source.path())));
      return new Asked(
          chunksSha256,
          paths,
          settings.tasks().stream().map(t -> AskedTask.of(t, new TaskFile(t, files))).toList(),
          settings.microBatch(),
          Section.spelling(settings.compute().precision()),
          settings.band(),
          settings.examples(),
          settings.seed(),
          settings.continuations());
    }

    /**
     * Whether the run folder's evaluation was asked for the same; an older one does not record
     * that.
     */
    public boolean answered(RunFolder folder) {
      if (!folder.files().exists(folder.evaluation())) {
        return false;
      }
      JsonNode before = folder.files().readJson(folder.evaluation()).path("asked");
      if (folder.files().exists(folder.deleted())
          && before.path("models") instanceof ObjectNode m) {
        m.remove( // these models were deleted after the report, which has their figures
            StreamSupport.stream(((Iterable<String>) m::fieldNames).spliterator(), false)
                .filter(name -> ModelNames.steps(name).isPresent())
                .toList());
      }
      return Files.json(before).equals(Files.json(this)); // as text: JSON has other number types
    }
  }

  /**
   * A multiple-choice test, as its questions were.
   *
   * @param path of its file, without credentials
   * @param sha256 of its file, see {@link TaskFile#sha256}
   * @param prefaceSha256 of what precedes each question; absent where nothing does
   */
  public record AskedTask(
      String name,
      String path,
      String sha256,
      @OrNull @JsonProperty("preface_sha256") @JsonInclude(JsonInclude.Include.NON_NULL)
          String prefaceSha256) {
    static AskedTask of(MultipleChoiceTask task, TaskFile file) {
      String preface = file.preface();
      return new AskedTask(
          task.name(),
          task.path(),
          file.sha256(),
          preface.isEmpty() ? null : DigestUtils.sha256Hex(preface));
    }

    public AskedTask {
      path = shown(path);
    }
  }

  /**
   * A model that was evaluated.
   *
   * @param name original, unlearned, ...
   * @param path its folder, without credentials
   * @param fingerprint SHA-256 over config.json and the weights
   * @param parameters of the network
   * @param parts the files of its chunk scores, relative to the run's folder
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Model(
      String name, String path, String fingerprint, long parameters, List<String> parts) {
    public Model {
      path = shown(path);
    }
  }

  /** A path as a file may have it that others read: an address can have credentials in it. */
  private static String shown(String path) {
    return Secrets.ofNothing().masked(path);
  }

  /**
   * @throws InvalidSettings when the run folder has no finished evaluation, or one of another
   *     version
   */
  public static Evaluation read(RunFolder folder) {
    if (!folder.files().exists(folder.evaluation())) {
      throw new InvalidSettings(
          "Cannot read scores: there is no " + folder.evaluation() + "; run evaluate first");
    }
    String remedy = "run evaluate again with overwrite=true";
    JsonNode json = folder.files().readObject(folder.evaluation(), remedy);
    int version = json.path("version").asInt(1);
    if (version != VERSION) {
      throw new InvalidSettings(
          List.of(
              "Cannot read scores: %s is of version %d, this program reads %d; run evaluate again"
                  .formatted(folder.evaluation(), version, VERSION)));
    }
    Evaluation evaluation = Files.record(folder.evaluation(), json, Evaluation.class, remedy);
    Set<List<String>> rows = new HashSet<>();
    for (SplitScore row : evaluation.scores()) {
      if (!rows.add(List.of(row.model(), row.split(), row.domain()))) {
        throw new InvalidSettings(
            "Cannot read %s: it has two scores of model %s, split %s, domain %s; %s"
                .formatted(folder.evaluation(), row.model(), row.split(), row.domain(), remedy));
      }
    }
    return evaluation;
  }

  /** The same without the models that unlearning kept on its way. */
  public Evaluation withoutSteps() {
    return new Evaluation(
        version,
        asked,
        ends(models, Model::name),
        ends(scores, SplitScore::model),
        ends(membership, MembershipScore::model),
        ends(memory, MemoryScore::model),
        ends(memoryComparisons, MemoryComparison::model),
        domainsLeftOut,
        ends(tasks, TaskScore::model),
        ends(histograms, Histogram::model),
        ends(truths, DistanceToRetrained::model),
        ends(entropies, EntropyGap::model),
        ends(verdicts, Verdict::model),
        ends(domainVerdicts, DomainVerdict::model),
        requests,
        documents,
        ends(chunkScores, ChunkScore::model),
        ends(verbatim, VerbatimScore::model),
        continuations,
        earlier);
  }

  /** The same with other rows by request and by document. */
  public Evaluation with(List<RequestScore> otherRequests, List<ForgottenDocument> others) {
    return new Evaluation(
        version,
        asked,
        models,
        scores,
        membership,
        memory,
        memoryComparisons,
        domainsLeftOut,
        tasks,
        histograms,
        truths,
        entropies,
        verdicts,
        domainVerdicts,
        otherRequests,
        others,
        chunkScores,
        verbatim,
        continuations,
        earlier);
  }

  private static <T> List<T> ends(List<T> figures, Function<T, String> model) {
    return figures.stream().filter(f -> ModelNames.steps(model.apply(f)).isEmpty()).toList();
  }

  void write(RunFolder folder) {
    folder.files().writeJson(folder.evaluation(), this);
  }
}
