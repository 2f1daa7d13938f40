package lethe.badinput;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import lethe.folder.DamagedLease;
import lethe.train.DamagedCheckpoint;

/** What is damaged, and which verb or stage then reads it. */
enum Kind {
  RUN_FILE_BYTES(
      900,
      (run, random) -> {
        run.write("small.conf", Damage.bytes(run.read("small.conf"), random));
        return validate(run, "bytes", "");
      }),
  RUN_FILE_VALUES(1600, (run, random) -> added(run, RunFileDamage.value(random))),
  RUN_FILE_NAMES(800, (run, random) -> added(run, RunFileDamage.name(random))),
  RUN_FILE_BOMBS(200, (run, random) -> added(run, RunFileDamage.bomb(random))),
  COMMAND_LINE(500, Kind::commandLine),
  MODEL_CONFIG(1200, (run, random) -> json(run, "model/config.json", random)),
  MODEL_WEIGHTS(
      900,
      (run, random) -> {
        run.write(
            "model/model.safetensors",
            Damage.safetensors(run.read("model/model.safetensors"), random));
        return validate(run, "model.safetensors", "model");
      }),
  MODEL_TOKENIZER(
      550,
      (run, random) ->
          json(
              run,
              OddValues.pick(
                  List.of(
                      "model/tokenizer.json",
                      "model/tokenizer_config.json",
                      "model/generation_config.json"),
                  random),
              random)),
  TASKS(
      300,
      (run, random) -> {
        run.write("tasks.jsonl", Damage.jsonLines(run.read("tasks.jsonl"), random));
        return validate(run, "tasks.jsonl", "tasks.jsonl");
      }),
  REJECTIONS(
      100,
      (run, random) -> {
        run.write("rejections.txt", Damage.bytes(run.read("rejections.txt"), random));
        return validate(run, "rejections.txt", "rejections.txt");
      }),
  EVALUATION(950, (run, random) -> record(run, "finished/scores/evaluation.json", random)),
  RUN_RECORDS(
      1000,
      (run, random) ->
          record(
              run,
              OddValues.pick(
                  List.of(
                      "finished/run.json",
                      "finished/corpus/manifest.json",
                      "finished/coverage.json",
                      "finished/stop.json",
                      "finished/range-test.json",
                      "finished/steps.jsonl",
                      "finished/model/lethe.json"),
                  random),
              random)),
  COMPARED_REPORTS(300, Kind::compared),
  FOLDERS(300, Kind::folders),
  LEASES(80, Kind::lease),
  CHECKPOINTS(200, Kind::checkpoint),
  CORPORA(
      40,
      (run, random) -> {
        run.write("data/paper.jsonl", Damage.jsonLines(run.read("data/paper.jsonl"), random));
        return prepare(run, "paper.jsonl");
      }),
  PACKED_CORPORA(25, Kind::packed),
  ID_LISTS(15, Kind::ids),
  REQUESTS(
      15,
      (run, random) -> {
        run.write("requests.jsonl", Damage.jsonLines(run.read("requests.jsonl"), random));
        return prepare(
            run,
            "requests.jsonl",
            "corpus.splits.forget.requests=" + run.folder() + "/requests.jsonl");
      }),
  TOKENIZERS(
      15,
      (run, random) -> {
        run.write("model/tokenizer.json", Damage.json(run.read("model/tokenizer.json"), random));
        return prepare(run, "tokenizer.json");
      }),
  CONDITIONS(
      10,
      (run, random) ->
          prepare(
              run,
              "corpus.splits.retain.where",
              "corpus.splits.retain.where=" + OddValues.quoted(CorpusDamage.condition(random))));

  /**
   * What is read.
   *
   * @param what was damaged, in a few words
   * @param place what a refusal must name, a pattern; empty where the key of a setting will do
   * @param door by which it is read
   */
  record Call(String what, String place, Door door) {}

  /** Damages something and says how it is read. */
  private interface Damager {
    Call damage(FinishedRun run, Random random) throws IOException;
  }

  private final int share;

  @SuppressWarnings("ImmutableEnumChecker") // a lambda that has no state
  private final Damager damager;

  Kind(int share, Damager damager) {
    this.share = share;
    this.damager = damager;
  }

  /** Of ten thousand bad inputs, how many are of this kind. */
  int share() {
    return share;
  }

  /** The kind of a place among all. */
  static Kind at(int place) {
    int before = 0;
    for (Kind kind : values()) {
      before += kind.share;
      if (place < before) {
        return kind;
      }
    }
    throw new IllegalArgumentException("there are " + before + " bad inputs, and none at " + place);
  }

  Call damage(FinishedRun run, Random random) throws IOException {
    return damager.damage(run, random);
  }

  /** Whether Spark is needed to read it. */
  boolean needsSpark() {
    return switch (this) {
      case CORPORA, PACKED_CORPORA, ID_LISTS, REQUESTS, TOKENIZERS, CONDITIONS -> true;
      default -> false;
    };
  }

  private static Call validate(FinishedRun run, String what, String place) {
    return new Call(what, place, () -> Door.verb("validate", run.conf().toString()));
  }

  private static Call report(FinishedRun run, String what, String place, String... pairs) {
    List<String> arguments =
        new ArrayList<>(List.of("report", run.conf().toString(), run.finished()));
    arguments.addAll(List.of(pairs));
    return new Call(what, place, () -> Door.verb(arguments.toArray(String[]::new)));
  }

  private static Call prepare(FinishedRun run, String place, String... pairs) {
    List<String> all = new ArrayList<>(List.of(pairs));
    all.add("corpus.allow-unmet-requests=true");
    return new Call(
        place,
        place + "|corpus\\.splits",
        () -> Door.prepare(run.conf(), all.toArray(String[]::new)));
  }

  private static Call added(FinishedRun run, String text) throws IOException {
    run.write("small.conf", Files.readString(run.conf()) + "\n" + text + "\n");
    return validate(run, text, "");
  }

  private static Call commandLine(FinishedRun run, Random random) {
    String key = random.nextInt(10) == 0 ? OddValues.text(random) : RunFileDamage.key(random);
    String value = random.nextBoolean() ? OddValues.text(random) : OddValues.json(random);
    String pair = key + (random.nextInt(20) == 0 ? " " : "=") + value;
    return new Call(pair, "", () -> Door.verb("validate", run.conf().toString(), pair));
  }

  private static Call json(FinishedRun run, String file, Random random) throws IOException {
    run.write(file, Damage.json(run.read(file), random));
    return validate(run, file, "model");
  }

  private static Call record(FinishedRun run, String file, Random random) throws IOException {
    byte[] whole = run.read(file);
    run.write(
        file,
        file.endsWith(".jsonl") ? Damage.jsonLines(whole, random) : Damage.json(whole, random));
    return report(run, file, "finished");
  }

  private static Call compared(FinishedRun run, Random random) throws IOException {
    String file = "finished/report/report.json";
    run.write(file, Damage.json(run.read(file), random));
    String band = random.nextBoolean() ? "null" : "0.1";
    return report(
        run,
        file,
        "report.json",
        "report.compare=[\"" + run.folder() + "/finished\"]",
        "report.compare-band=" + band);
  }

  /** A file or folder is gone, empty, huge, or the other of the two. */
  private static Call folders(FinishedRun run, Random random) throws IOException {
    List<String> all =
        run.whole().keySet().stream()
            .filter(name -> name.matches("(model|finished|data|tasks|rejections).*"))
            .toList();
    String name = OddValues.pick(all, random);
    boolean isFolder = run.read(name) == null;
    int how = random.nextInt(isFolder ? 2 : 4);
    if (how < 2 || isFolder) {
      run.delete(name);
      if (how == 1 && isFolder) {
        run.write(name, "a file");
      } else if (how == 1) {
        Files.createDirectories(run.folder().resolve(name));
      }
    } else {
      run.write(name, new byte[0]);
      if (how == 3) {
        run.inflate(name, 1L << (30 + random.nextInt(4)));
      }
    }
    String what =
        name + " " + List.of("is gone", "is of the other kind", "is empty", "is huge").get(how);
    if (random.nextInt(3) > 0 && name.startsWith("finished")) {
      return report(run, what, "");
    }
    return new Call(
        what,
        "",
        () ->
            Door.verb(
                "validate",
                run.conf().toString(),
                name.startsWith("finished") ? run.finished() : "train.seed=1"));
  }

  private static Call lease(FinishedRun run, Random random) throws IOException {
    byte[] damaged = Damage.json(DamagedLease.WHOLE.getBytes(UTF_8), random);
    return new Call(
        "lease.json",
        "lease.json",
        () -> Door.reader(() -> DamagedLease.take(run.folder().resolve("run"), damaged)));
  }

  private static Call checkpoint(FinishedRun run, Random random) throws IOException {
    Path at = run.folder().resolve("resumed");
    DamagedCheckpoint.write(at);
    boolean manifest = random.nextBoolean();
    Path file =
        at.resolve(
            manifest
                ? "checkpoints/unlearn/step-00000003/manifest.json"
                : "steps/unlearn-00000003.jsonl");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, manifest ? Damage.json(whole, random) : Damage.jsonLines(whole, random));
    return new Call(
        file.getFileName().toString(),
        "step-0000000",
        () -> Door.reader(() -> DamagedCheckpoint.resume(at)));
  }

  private static Call packed(FinishedRun run, Random random) throws IOException {
    String ending = CorpusDamage.ending(random);
    String name = "data/packed." + ending;
    byte[] whole = CorpusDamage.packed(run.read("data/paper.jsonl"), ending);
    run.write(name, Damage.bytes(whole, random));
    String format = ending.matches("gz|zst") ? "json" : ending;
    return prepare(
        run,
        "packed",
        "corpus.sources=[{ path = \"%1$s/data/paper.jsonl\", domain = paper }, { path = \"%1$s/%2$s\", domain = packed, format = %3$s }]"
            .formatted(run.folder(), name, format));
  }

  private static Call ids(FinishedRun run, Random random) throws IOException {
    if (random.nextBoolean()) {
      run.write("ids.txt", Damage.bytes(run.read("ids.txt"), random));
      return prepare(run, "ids.txt", "corpus.splits.forget.ids=" + run.folder() + "/ids.txt");
    }
    run.write("ids.json", Damage.json(run.read("ids.json"), random));
    return prepare(
        run,
        "ids.json",
        "corpus.splits.forget.ids={ file = \"%s/ids.json\", at = forget.ids }"
            .formatted(run.folder()));
  }
}
