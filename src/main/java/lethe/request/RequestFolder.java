package lethe.request;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import lethe.corpus.source.Opener;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A folder of request files, JSON lines, plain or packed. All lines of a file with one id are one
 * request. Names that begin with a dot or an underscore are passed over, so that a file can be
 * written under such a name and renamed when it is whole.
 *
 * @param folder any Hadoop path; one that is not there is empty, as on object stores
 * @param hadoop settings of file systems
 */
public record RequestFolder(Path folder, Configuration hadoop) {
  private static final int EXCERPT_CHARACTERS = 1_000;

  /**
   * What the files hold.
   *
   * @param requests in the order of files and lines
   * @param setAside lines that are no request, and those of a request one of whose lines is none
   */
  public record Content(List<DeletionRequest> requests, List<SetAside> setAside) {
    /** This and then another. */
    public Content and(Content other) {
      return new Content(
          Stream.concat(requests.stream(), other.requests.stream()).toList(),
          Stream.concat(setAside.stream(), other.setAside.stream()).toList());
    }
  }

  /** A line with its place. */
  private record Placed(String file, long number, String text, RequestLineReader line) {
    private String called() {
      return number == 0 ? "a row" : "line " + number;
    }

    SetAside aside(String reason) {
      return new SetAside(file, number, line == null ? null : line.request(), reason, excerpt());
    }

    /** Whole characters only: half of one is another text when it is read back. */
    private String excerpt() {
      int end = Math.min(text.length(), EXCERPT_CHARACTERS);
      boolean half =
          end > 0 && end < text.length() && Character.isHighSurrogate(text.charAt(end - 1));
      return text.substring(0, half ? end - 1 : end);
    }
  }

  /** Reads all files; one that cannot be read does not stop the others. */
  public Content read() {
    Files files = new Files(hadoop);
    List<DeletionRequest> requests = new ArrayList<>();
    List<SetAside> aside = new ArrayList<>();
    if (files.exists(folder)) {
      for (Path file : files.list(folder)) {
        if (!file.getName().matches("[._].*")) {
          read(file, requests, aside);
        }
      }
    }
    return new Content(requests, aside);
  }

  private void read(Path file, List<DeletionRequest> requests, List<SetAside> aside) {
    List<Placed> lines;
    try {
      lines = lines(file);
    } catch (IOException | UncheckedIOException | InvalidSettings e) {
      aside.add(
          new SetAside(file.getName(), 0, null, "the file cannot be read: " + e.getMessage(), ""));
      return;
    }
    join(lines, requests, aside);
  }

  /**
   * The same for the rows of a table, each as a line of JSON. They have no numbers: their order
   * says nothing.
   *
   * @param table its name, which stands for that of a file
   */
  public static Content ofRows(String table, List<String> rows) {
    List<DeletionRequest> requests = new ArrayList<>();
    List<SetAside> aside = new ArrayList<>();
    List<Placed> lines =
        rows.stream()
            .sorted()
            .map(
                row ->
                    new Placed(
                        table,
                        0,
                        row,
                        RequestLineReader.read(row.getBytes(StandardCharsets.UTF_8))))
            .toList();
    join(lines, requests, aside);
    return new Content(requests, aside);
  }

  /** The members that a line may have, which are the columns that a table may have. */
  public static List<String> members() {
    return RequestLineReader.MEMBERS;
  }

  private static void join(
      List<Placed> lines, List<DeletionRequest> requests, List<SetAside> aside) {
    Map<String, List<Placed>> byRequest = new LinkedHashMap<>();
    for (Placed placed : lines) {
      if (placed.line().request() == null) {
        aside.add(placed.aside(placed.line().problem()));
      } else {
        byRequest.computeIfAbsent(placed.line().request(), id -> new ArrayList<>()).add(placed);
      }
    }
    byRequest.values().forEach(own -> joinOne(own, requests, aside));
  }

  private List<Placed> lines(Path file) throws IOException {
    byte[] content;
    try (InputStream in = new Opener(hadoop).text(file.toString())) {
      content = in.readAllBytes();
    }
    List<Placed> lines = new ArrayList<>();
    long number = 1;
    for (int from = 0; from < content.length; number++) {
      int end = from;
      while (end < content.length && content[end] != '\n') {
        end++;
      }
      byte[] line = Arrays.copyOfRange(content, from, end);
      if (!new String(line, StandardCharsets.ISO_8859_1).isBlank()) {
        lines.add(
            new Placed(
                file.getName(),
                number,
                new String(line, StandardCharsets.UTF_8),
                RequestLineReader.read(line)));
      }
      from = end + 1;
    }
    return lines;
  }

  /** One request of the lines with its id, or none of them if one is wrong. */
  private static void joinOne(
      List<Placed> lines, List<DeletionRequest> requests, List<SetAside> aside) {
    Optional<String> wrong =
        lines.stream()
            .filter(placed -> placed.line().problem() != null)
            .findFirst()
            .map(
                placed ->
                    lines.size() == 1
                        ? placed.line().problem()
                        : "%s of this request: %s"
                            .formatted(placed.called(), placed.line().problem()));
    List<DeletionRequest> parts = lines.stream().map(placed -> placed.line().content()).toList();
    wrong = wrong.or(() -> contradiction(parts));
    if (wrong.isPresent()) {
      lines.forEach(new Aside(wrong.get(), aside)::add);
      return;
    }
    requests.add(
        new DeletionRequest(
            parts.get(0).request(),
            parts.stream().flatMap(part -> part.wishes().stream()).distinct().toList(),
            one(parts, DeletionRequest::received).orElse(null),
            one(parts, DeletionRequest::due).orElse(null),
            one(parts, DeletionRequest::contact).orElse(null),
            one(parts, DeletionRequest::supersedes).orElse(null)));
  }

  private record Aside(String reason, List<SetAside> to) {
    void add(Placed placed) {
      to.add(placed.aside(reason));
    }
  }

  private static Optional<String> contradiction(List<DeletionRequest> parts) {
    Map<String, Function<DeletionRequest, String>> members =
        Map.of(
            "received", DeletionRequest::received,
            "due", DeletionRequest::due,
            "notify", DeletionRequest::contact,
            "supersedes", DeletionRequest::supersedes);
    return members.entrySet().stream()
        .filter(
            member ->
                parts.stream().map(member.getValue()).filter(Objects::nonNull).distinct().count()
                    > 1)
        .map(member -> "lines of this request differ in " + member.getKey())
        .sorted()
        .findFirst();
  }

  private static Optional<String> one(
      List<DeletionRequest> parts, Function<DeletionRequest, String> member) {
    return parts.stream().map(member).filter(Objects::nonNull).findFirst();
  }
}
