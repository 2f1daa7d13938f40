package lethe.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import lethe.folder.Files;

/**
 * {@code report/index.html}: one file that needs no network. It holds the data as JSON, and its
 * script draws them. Its size does not depend on how many chunks were scored.
 */
final class Page {
  /** What draws a run's report, in the order of their use. */
  private static final List<String> SCRIPTS =
      List.of(
          "common.js",
          "data.js",
          "first-screen.js",
          "losses.js",
          "membership.js",
          "likeness.js",
          "answers.js",
          "training.js",
          "documents.js",
          "page.js");

  private static final String WEBJAR = "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";

  private Page() {}

  /**
   * @param summary Markdown, for readers without scripts
   */
  static String html(ReportFile file, String summary) {
    return fill(
        resource("page.html"),
        "style",
        resource("page.css"),
        "summary",
        escape(summary),
        "data",
        json(file),
        "charts",
        charts(),
        "script",
        SCRIPTS.stream().map(Page::resource).collect(Collectors.joining()));
  }

  /** A page that sets runs side by side. */
  static String comparison(Compare.Comparison comparison) {
    return fill(
        resource("page.html"),
        "style",
        resource("page.css"),
        "summary",
        escape("This page needs scripts; compare.json beside it holds the same."),
        "data",
        json(comparison),
        "charts",
        charts(),
        "script",
        resource("common.js") + resource("compare.js"));
  }

  /** Replaces each {@code {{name}}} once; values that were put in are not searched again. */
  static String fill(String template, String... namesAndValues) {
    StringBuilder filled = new StringBuilder();
    int at = 0;
    for (int i = 0; i < namesAndValues.length; i += 2) {
      String mark = "{{" + namesAndValues[i] + "}}";
      int place = template.indexOf(mark, at);
      if (place < 0) {
        throw new IllegalStateException("Cannot fill the page: no " + mark + " after " + at);
      }
      filled.append(template, at, place).append(namesAndValues[i + 1]);
      at = place + mark.length();
    }
    return filled.append(template, at, template.length()).toString();
  }

  /** JSON that is safe inside a script element: no name in it can end the element. */
  static String json(Object value) {
    return Files.json(value).replace("<", "\\u003c");
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** Chart.js (MIT; its licence is in its first lines), of the version that the build names. */
  static String charts() {
    Properties properties = new Properties();
    try (InputStream in = Page.class.getResourceAsStream(WEBJAR)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + WEBJAR, e);
    }
    return resource(
            "/META-INF/resources/webjars/chart.js/"
                + properties.getProperty("version")
                + "/dist/chart.umd.js")
        .replaceAll("(?m)^//# sourceMappingURL=.*$", "");
  }

  static String resource(String name) {
    try (InputStream in =
        Page.class.getResourceAsStream(name.startsWith("/") ? name : "/lethe/report/" + name)) {
      if (in == null) {
        throw new IllegalStateException("Cannot make the page: there is no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + name, e);
    }
  }
}
