package lethe.nightly;

import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.corpus.NothingToForget;
import lethe.folder.Files;
import lethe.folder.Lease;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.ledger.Draft;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerLine;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.checkpoint.HfFolder;
import lethe.request.ForgottenName;
import lethe.request.RequestBook;
import lethe.request.RequestFolder;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.settings.InvalidSettings;
import lethe.settings.NotReady;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * One night: reads new requests, goes on with a night that has no outcome, or plans one; lets a run
 * forget; moves the pointer if the gates hold.
 *
 * <p>Killed at any moment, the same command ends with the same model. A plan is one entry of the
 * ledger; the run goes on where it was; the pointer is one file; the outcome is one write to the
 * ledger. A night is finished when the ledger has its outcome, and everything before that is done
 * again without a change. Each date (in UTC) has one night, so a command that is given twice does
 * the work once.
 */
public final class Nightly {
  /** The member of a {@link EntryKind#NOT_SERVED} entry's detail that says that no run was made. */
  private static final String NOTHING_TO_TRAIN = "nothing_to_train";

  /**
   * How a night ended.
   *
   * @param unmet why its model is not put in service
   * @param trained false where none of its documents could be trained on
   */
  private record Ended(Optional<String> unmet, boolean trained) {}

  private final NightlySettings settings;
  private final NightSettings nights;
  private final RunConfig any;
  private final Console console;
  private final Clock clock;
  private final Map<String, String> hadoop;
  private final Configuration configuration;
  private final NightStages stages;

  /**
   * @param user the settings of a run file for nights
   * @param clock says which night it is
   * @throws InvalidSettings with everything that is wrong with the settings
   */
  public Nightly(Settings user, Console console, Clock clock) {
    this(user, console, clock, Optional.empty());
  }

  /**
   * @param stages in place of the real ones
   */
  Nightly(Settings user, Console console, Clock clock, Optional<NightStages> stages) {
    this.settings = NightlySettings.read(user.root());
    this.nights = new NightSettings(user);
    this.console = console;
    this.clock = clock;
    nights.check();
    this.any = nights.any(settings);
    any.settings().check();
    this.hadoop = Validation.hadoop(any);
    this.configuration = Validation.configuration(hadoop);
    this.stages =
        stages.orElseGet(
            () -> new NightStages.OnSpark(any.corpus().sources(), settings.mostShare(), console));
  }

  /** The settings of a run that stands for any night's. */
  public RunConfig config() {
    return any;
  }

  /**
   * Whether there is nothing to do: no new request, no open one, and no night without an outcome.
   * Writes nothing, and needs no Spark, so it cannot tell where requests are in a table.
   */
  public boolean idle() {
    if (SubmitArguments.driverIsElsewhere(any)) {
      return false; // this machine may not see what the driver sees
    }
    RunFolder root = RunFolder.of(settings.directory(), configuration);
    NightlyFolder folder = new NightlyFolder(root.root(), root.files());
    if (settings.requestsTable().isPresent()) {
      return false; // Spark reads it
    }
    RequestFolder.Content content = folder.requests(settings, configuration).read();
    Optional<Ledger> ledger = folder.readLedger(settings);
    if (ledger.isEmpty()) {
      return content.requests().isEmpty() && content.setAside().isEmpty();
    }
    Instant now = ledger.get().time(clock.instant());
    RequestBook book = RequestBook.of(ledger.get());
    return book.news(content, now, settings.dueAfter()).isEmpty()
        && book.open().isEmpty()
        && NightPlan.unfinished(ledger.get().lines()).isEmpty()
        && InService.read(folder).filter(pointer -> gone(pointer, folder)).isEmpty();
  }

  private static boolean gone(InService pointer, NightlyFolder folder) {
    return !folder.files().exists(new Path(pointer.model(), HfFolder.CONFIG));
  }

  /** What is said when there is nothing to do. */
  public String idleSentence() {
    return "nightly: nothing to do: no request is open in " + settings.directory();
  }

  /**
   * Does what there is to do.
   *
   * @return why a night's model is not put in service, one condition per line; empty where it is,
   *     or where there was nothing to do
   * @throws InvalidSettings when the ledger, the pointer, the clock or a setting is wrong
   */
  public Optional<String> run() {
    Lease lease = new Lease(RunFolder.of(settings.directory(), configuration), new LeaseListener());
    lease.take();
    try (lease) {
      return new Work(lease.folder()).all();
    } catch (Exception e) { // whatever the run, and Spark undeclared, make of a lost lease
      if (lease.lost().isPresent()) {
        throw lease.lost().get();
      }
      throw e;
    } finally {
      stages.stop();
    }
  }

  /** Ends the night when another host has taken the folder over. */
  private final class LeaseListener implements Lease.Listener {
    @Override
    public void notice(String sentence) {
      say(sentence);
    }

    @Override
    public void lost(LeaseLostException why) {
      stages.stop();
    }
  }

  private void say(String sentence) {
    console.say("nightly: " + sentence);
  }

  /** What is done under the lease. */
  private final class Work {
    private final NightlyFolder folder;
    private final Ledger ledger;

    Work(RunFolder root) {
      folder = new NightlyFolder(root.root(), root.files());
      ledger = folder.openLedger(settings);
    }

    Optional<String> all() {
      Instant now = ledger.time(clock.instant());
      String today = LocalDate.ofInstant(now, ZoneOffset.UTC).toString();
      receive(now);
      Optional<NightPlan> unfinished = NightPlan.unfinished(ledger.lines());
      if (unfinished.isEmpty()) {
        return tonight(today, now);
      }
      say("going on with the night of " + unfinished.get().night());
      Ended before = night(unfinished.get());
      if (before.trained() && unfinished.get().night().startsWith(today)) {
        return before.unmet();
      }
      Optional<String> own = tonight(today, now);
      return Stream.of(before.unmet(), own)
          .flatMap(Optional::stream)
          .reduce((first, second) -> first + "\n" + second);
    }

    private void receive(Instant now) {
      RequestFolder.Content lines = folder.requests(settings, configuration).read();
      RequestFolder.Content content =
          settings.requestsTable().map(stages::requests).map(lines::and).orElse(lines);
      List<Draft> news = RequestBook.of(ledger).news(content, now, settings.dueAfter());
      ledger.append(news, now);
      Map<EntryKind, Long> counts =
          news.stream().collect(Collectors.groupingBy(Draft::kind, Collectors.counting()));
      if (counts.containsKey(EntryKind.RECEIVED)) {
        say("received %d requests".formatted(counts.get(EntryKind.RECEIVED)));
      }
      news.stream()
          .filter(draft -> draft.kind() == EntryKind.SET_ASIDE)
          .forEach(
              draft ->
                  say(
                      "set aside %s; ledger says why"
                          .formatted(RequestBook.setAside(draft).where())));
      RequestBook.supersedeNothing(news)
          .forEach(
              id ->
                  say(
                      "request %s is to supersede one that is not open, or unknown; both stay as they are"
                          .formatted(id)));
    }

    /** Plans and does the night of a date; one that has nothing to train on, anew. */
    private Optional<String> tonight(String today, Instant now) {
      Optional<Ended> ended;
      do {
        ended = attempt(today, now);
      } while (ended.filter(night -> !night.trained()).isPresent());
      return ended.flatMap(Ended::unmet);
    }

    /** Empty where there is nothing to do. */
    private Optional<Ended> attempt(String today, Instant now) {
      Optional<InService> start = InService.read(folder);
      if (start.filter(pointer -> gone(pointer, folder)).isPresent()) {
        start.get().check(folder, ledger, hadoop); // says so
      }
      List<String> open =
          RequestBook.of(ledger).open().stream().map(state -> state.request()).toList();
      if (open.isEmpty()) {
        stages.none();
        console.say(idleSentence());
        return Optional.empty();
      }
      Optional<Entry> ended = ended(today);
      if (ended.isPresent() && !settings.again()) {
        stages.none();
        say(
            "the night of %s is over, and %d requests are open; the next night takes them (nightly.again=true: one more night on this date)"
                .formatted(today, open.size()));
        return Optional.of(
            new Ended(
                ended
                    .filter(entry -> entry.kind() == EntryKind.NOT_SERVED)
                    .map(entry -> entry.detail().path(RequestBook.REASON).asText()),
                true));
      }
      start.ifPresent(pointer -> pointer.check(folder, ledger, hadoop));
      RequestBook book = RequestBook.of(ledger);
      Optional<NightPlan> plan =
          new NightPlanner(settings, folder, ledger, start, Nightly.this::say)
              .plan(today, now, requests -> stages.find(requests, book.forgotten()));
      if (plan.isEmpty()) {
        stages.none();
        say("nothing is left to forget");
        return Optional.empty();
      }
      return Optional.of(night(plan.get()));
    }

    /** The outcome of a date's last night, if it has one that a run came to. */
    private Optional<Entry> ended(String date) {
      return ledger.lines().stream()
          .map(LedgerLine::entry)
          .filter(
              entry ->
                  entry.kind() == EntryKind.VERIFIED
                      || (entry.kind() == EntryKind.NOT_SERVED
                          && !entry.detail().path(RefusedNights.REFUSED).asBoolean()
                          && !entry.detail().path(NOTHING_TO_TRAIN).asBoolean()))
          .filter(entry -> entry.night().startsWith(date))
          .reduce((first, second) -> second);
    }

    /** Does a night that is planned. */
    private Ended night(NightPlan plan) {
      Optional<InService> served =
          InService.read(folder).filter(pointer -> pointer.night().equals(plan.night()));
      if (served.isPresent()) { // its gates held, whatever the settings are by now
        served.get().check(folder, ledger, hadoop);
        serve(plan, NightFigures.of(folder.night(plan.night())));
        new DriftPage(ledger.lines()).write(folder);
        stages.none();
        return new Ended(Optional.empty(), true);
      }
      RunConfig config = nights.of(plan, folder);
      config.settings().check();
      files(plan);
      say(
          "night %s: %d documents of %d requests; begins with %s"
              .formatted(
                  plan.night(),
                  plan.documents().size(),
                  plan.asked().size(),
                  plan.start() == null ? config.model() : plan.start().model()));
      Optional<String> unmet;
      try {
        unmet = stages.run(config);
      } catch (NothingToForget e) {
        untrained(plan, e);
        return new Ended(Optional.empty(), false);
      } catch (NotReady e) { // no request is at fault: the same night later
        throw e;
      } catch (InvalidSettings e) {
        try {
          refuse(plan, e);
        } catch (RuntimeException failure) { // the first cause is what there is to say
          e.addSuppressed(failure);
        }
        throw e;
      }
      NightFigures figures = NightFigures.of(folder.night(plan.night()));
      if (unmet.isPresent()) {
        notServed(plan, figures, unmet.get());
      } else {
        serve(plan, figures);
      }
      new DriftPage(ledger.lines()).write(folder);
      return new Ended(
          unmet.map(why -> "The night of %s changes nothing: ".formatted(plan.night()) + why),
          true);
    }

    /** The files that the run reads are those of the plan. */
    private void files(NightPlan plan) {
      Files files = folder.files();
      Path forget = folder.forget(plan.night());
      if (!files.exists(forget) || !files.sha256(forget).equals(NightPlan.sha256(plan.forget()))) {
        files.writeText(forget, plan.forget());
      }
      Path earlier = folder.earlier(plan.night());
      if (plan.earlierSha256() != null
          && !(files.exists(earlier) && files.sha256(earlier).equals(plan.earlierSha256()))) {
        files.writeText(earlier, restored(plan, earlier));
        say("%s was not as it was planned, and is made again".formatted(earlier));
      }
    }

    /** The file of what was forgotten before, out of the ledger and the sources. */
    private String restored(NightPlan plan, Path earlier) {
      List<ForgottenName> all = RequestBook.of(ledger).forgotten();
      String whole = NightPlan.earlier(all); // where nothing is gone from the sources
      if (!NightPlan.sha256(whole).equals(plan.earlierSha256())) {
        whole = NightPlan.earlier(stages.find(List.of(), all).there());
      }
      if (!NightPlan.sha256(whole).equals(plan.earlierSha256())) {
        throw new InvalidSettings(
            "Cannot go on with the night of %s: %s is not as it was planned, and the sources have changed since; restore it from a copy"
                .formatted(plan.night(), earlier));
      }
      return whole;
    }

    /** What no run can train on is known from now on, so that the next plan refuses it. */
    private void untrained(NightPlan plan, NothingToForget e) {
      withoutModel(
          plan,
          Map.of(
              NOTHING_TO_TRAIN,
              true,
              RequestBook.REASON,
              "none of its documents can be trained on"),
          Map.of(RequestBook.REASON, e.getMessage(), RequestBook.UNTRAINED, plan.documents()));
      say(
          "the night of %s ends without a model: none of its %d documents can be trained on"
              .formatted(plan.night(), plan.documents().size()));
    }

    /** A run that cannot be made is the night's outcome, so that the next night can do better. */
    private void refuse(NightPlan plan, InvalidSettings e) {
      withoutModel(
          plan,
          Map.of(RefusedNights.REFUSED, true, RequestBook.REASON, "the run was refused"),
          Map.of(RequestBook.REASON, e.getMessage()));
      say("the night of %s ends without a model; its requests stay open".formatted(plan.night()));
    }

    /**
     * @param detail that every reader of the ledger sees
     * @param secret that may name documents
     */
    private void withoutModel(NightPlan plan, Map<String, Object> detail, Map<String, ?> secret) {
      ledger.append(
          List.of(Draft.open(EntryKind.NOT_SERVED, null, plan.night(), detail).with(secret)),
          clock.instant());
    }

    private void notServed(NightPlan plan, NightFigures figures, String why) {
      Map<String, Object> detail = new LinkedHashMap<>(figures.detail());
      detail.put(RequestBook.REASON, why);
      ledger.append(
          List.of(Draft.open(EntryKind.NOT_SERVED, null, plan.night(), detail)), clock.instant());
      say(
          "the model of %s is not put in service; its requests stay open, and %s stays in service"
              .formatted(
                  plan.night(),
                  plan.start() == null ? "the model of the settings" : plan.start().model()));
    }

    /** First the pointer, then the ledger: what the ledger calls forgotten is in service. */
    private void serve(NightPlan plan, NightFigures figures) {
      String model = folder.night(plan.night()).model().toString();
      String fingerprint = ModelFingerprint.of(new ModelSource(model, hadoop));
      if (InService.read(folder).filter(now -> now.night().equals(plan.night())).isEmpty()) {
        Entry planned = planned(plan);
        new InService(
                InService.VERSION,
                plan.night(),
                model,
                fingerprint,
                ledger.time(clock.instant()).toString(),
                planned.number(),
                planned.hash())
            .write(folder);
      }
      List<Draft> drafts = new ArrayList<>();
      plan.asked().forEach(part -> drafts.add(forgotten(plan, part, figures, fingerprint)));
      Map<String, Object> detail = new LinkedHashMap<>(figures.detail());
      detail.put("model", fingerprint);
      drafts.add(Draft.open(EntryKind.VERIFIED, null, plan.night(), detail));
      ledger.append(drafts, clock.instant());
      say("the model of %s is in service: %s".formatted(plan.night(), model));
    }

    private Entry planned(NightPlan plan) {
      return ledger.lines().stream()
          .map(LedgerLine::entry)
          .filter(e -> e.kind() == EntryKind.PLANNED && e.night().equals(plan.night()))
          .findFirst()
          .orElseThrow();
    }

    private Draft forgotten(
        NightPlan plan, NightPlan.Part part, NightFigures figures, String fingerprint) {
      List<ForgottenName> trained = part.documents().stream().filter(figures::scored).toList();
      List<ForgottenName> untrained =
          part.documents().stream().filter(d -> !figures.scored(d)).toList();
      Map<String, Object> detail = new LinkedHashMap<>();
      detail.put(
          RequestBook.DOCUMENTS,
          trained.stream().map(d -> ledger.key().name(d.domain(), d.document())).toList());
      detail.put(RequestBook.LEFT, part.left() + untrained.size());
      detail.put("unknown", part.unknown());
      detail.put("model", fingerprint);
      figures.outcome(part.request()).ifPresent(outcome -> detail.put("outcome", outcome));
      List<String> unmet = figures.unmet(part.request());
      detail.put("not_trained", untrained.size());
      if (!untrained.isEmpty()) {
        say(
            "%d documents of request %s could not be trained on and stay known; ledger --request %2$s shows it"
                .formatted(untrained.size(), part.request()));
      }
      return Draft.open(EntryKind.FORGOTTEN, part.request(), plan.night(), detail)
          .with(
              Map.of(
                  RequestBook.DOCUMENTS,
                  trained,
                  RequestBook.UNTRAINED,
                  untrained,
                  "not_trained",
                  unmet));
    }
  }
}
