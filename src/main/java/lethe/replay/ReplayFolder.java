package lethe.replay;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The folder in which a model is trained again. {@code replay.json} says for which certificate, so
 * that an interrupted replay goes on where it was, and no other folder is taken for one.
 *
 * @param folder a run folder
 * @param certified the run that is replayed
 * @param scratch whether it is deleted when the weights are the same
 */
record ReplayFolder(RunFolder folder, RunFolder certified, boolean scratch) {
  private static final String FILE = "replay.json";
  private static final String CERTIFICATE = "certificate_sha256";
  private static final String OUTCOME = "outcome";

  /** Of a driver that is alive; see {@link lethe.run.TemporaryFolder}. */
  private static final String TEMPORARY = "spark-local";

  /**
   * The folder that a user names, or one beside the run.
   *
   * @param named its name
   */
  static ReplayFolder of(RunFolder certified, Optional<String> named) {
    Files files = certified.files();
    Path root =
        named
            .map(name -> files.qualified(Files.path(name)))
            .orElseGet(
                () ->
                    new Path(certified.root().getParent(), certified.root().getName() + "-replay"));
    return new ReplayFolder(new RunFolder(root, files), certified, named.isEmpty());
  }

  /**
   * Begins a replay, or goes on with one.
   *
   * @param certificate its SHA-256
   * @throws InvalidSettings when the folder has something else in it
   */
  void begin(String certificate) {
    Files files = folder.files();
    if (folder.root().equals(certified.root())) {
      throw new InvalidSettings(
          "Cannot replay in %s: it is the folder of the certified run; name another one with --replay-in"
              .formatted(folder.root()));
    }
    String remedy = "delete the folder, or name another one with --replay-in";
    Optional<ObjectNode> begun = files.readObjectIfThere(file(), remedy);
    if (begun.isEmpty()) {
      if (files.exists(folder.root()) && content().findAny().isPresent()) {
        throw new InvalidSettings(
            "Cannot replay in %s: it holds something else, such as %s; name another one with --replay-in"
                .formatted(folder.root(), content().findFirst().orElseThrow().getName()));
      }
      ObjectNode json = Json.MAPPER.createObjectNode();
      json.put("version", 1);
      json.put("run", certified.root().toString());
      json.put(CERTIFICATE, certificate);
      files.writeJson(file(), json);
    } else if (!begun.get().path(CERTIFICATE).asText().equals(certificate)) {
      throw new InvalidSettings(
          "Cannot replay in %s: it holds a replay of another certificate, of %s; %s"
              .formatted(folder.root(), begun.get().path("run").asText(), remedy));
    } else if (begun.get().has(OUTCOME)) {
      throw new InvalidSettings(
          "Cannot replay in %s: it holds a replay that has ended (%s), and nothing would be trained again; %s"
              .formatted(folder.root(), begun.get().path(OUTCOME).asText(), remedy));
    }
  }

  /**
   * Ends a replay: the files of one that holds are deleted, unless a user has named the folder.
   *
   * @param holds whether the weights are the same
   */
  void end(String outcome, boolean holds) {
    if (holds && scratch) {
      clear();
      return;
    }
    ObjectNode json = folder.files().readObject(file(), "replay again");
    json.put(OUTCOME, outcome);
    folder.files().writeJson(file(), json);
  }

  /** Deletes all that the replay has written; what says that it is one comes last. */
  void clear() {
    content().filter(path -> !path.equals(file())).forEach(folder.files()::delete);
    folder.files().delete(file());
    if (folder.files().folders(folder.root()).isEmpty()) {
      folder.files().delete(folder.root());
    }
  }

  private Stream<Path> content() {
    Files files = folder.files();
    return Stream.concat(
        files.list(folder.root()).stream(),
        files.folders(folder.root()).stream().filter(inner -> !inner.getName().equals(TEMPORARY)));
  }

  private Path file() {
    return new Path(folder.root(), FILE);
  }
}
