package lethe.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lethe.evaluate.ModelNames;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.LedgerLine;
import lethe.target.Split;
import org.apache.commons.text.StringEscapeUtils;

/**
 * {@code drift.html}: how much every split's loss rose since the first model, night by night, as a
 * picture and a table. It comes from the ledger alone and needs no script and no network.
 */
final class DriftPage {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 320;
  private static final int LEFT = 60;
  private static final int TOP = 20;
  private static final int BOTTOM = 60;
  private static final int TICKS = 5;

  /** Colours that can be told apart without seeing red and green (Okabe and Ito). */
  private static final Map<String, String> COLOURS = new LinkedHashMap<>();

  static {
    COLOURS.put(Split.RETAIN.key(), "#0072B2");
    COLOURS.put(Split.APPROXIMATE.key(), "#E69F00");
    COLOURS.put(Split.GENERAL.key(), "#009E73");
    COLOURS.put(Split.HOLDOUT.key(), "#CC79A7");
    COLOURS.put(Split.EARLIER.key(), "#D55E00");
    COLOURS.put(Split.FORGET.key(), "#000000");
  }

  /**
   * A night's figures.
   *
   * @param served whether its model was put in service
   * @param rises of loss since the first model, by split, nats per token
   */
  private record Night(String name, boolean served, Map<String, Double> rises, JsonNode detail) {}

  private final List<Night> nights;

  DriftPage(List<LedgerLine> ledger) {
    nights =
        ledger.stream()
            .map(LedgerLine::entry)
            .filter(e -> e.kind() == EntryKind.VERIFIED || e.kind() == EntryKind.NOT_SERVED)
            .filter(e -> e.detail().has("losses"))
            .map(DriftPage::night)
            .toList();
  }

  private static Night night(Entry entry) {
    Map<String, Double> rises = new LinkedHashMap<>();
    COLOURS
        .keySet()
        .forEach(
            split -> {
              JsonNode losses = entry.detail().path("losses").path(split);
              if (losses.has(ModelNames.ORIGINAL) && losses.has(ModelNames.UNLEARNED)) {
                rises.put(
                    split,
                    losses.path(ModelNames.UNLEARNED).asDouble()
                        - losses.path(ModelNames.ORIGINAL).asDouble());
              }
            });
    return new Night(entry.night(), entry.kind() == EntryKind.VERIFIED, rises, entry.detail());
  }

  void write(NightlyFolder folder) {
    if (!nights.isEmpty()) {
      folder.files().writeText(folder.drift(), html());
    }
  }

  String html() {
    return """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Drift over the nights</title>
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
        table { border-collapse: collapse; } td, th { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
        td:first-child, th:first-child, td:last-child, th:last-child { text-align: left; }
        svg { max-width: 100%%; height: auto; }
        </style>
        <h1>Drift over the nights</h1>
        <p>How much the loss of each night's model is above the first model's, in nats per token. What is kept (retain, general,
        holdout, and approximate, which no model has read) should stay near 0; what was forgotten before (earlier) should stay up. A
        hollow point is a model that was not put in service.</p>
        %s
        <table>
        %s
        </table>
        </html>
        """
        .formatted(svg(), rows());
  }

  private String rows() {
    StringBuilder rows = new StringBuilder("<tr><th>night</th>");
    COLOURS.keySet().forEach(split -> rows.append("<th>").append(split).append("</th>"));
    rows.append("<th>distance to target</th><th>outcome</th></tr>\n");
    for (Night night : nights) {
      rows.append("<tr><td>").append(escaped(night.name())).append("</td>");
      COLOURS
          .keySet()
          .forEach(
              split ->
                  rows.append("<td>").append(number(night.rises().get(split))).append("</td>"));
      JsonNode distance = night.detail().path("distance");
      rows.append("<td>")
          .append(number(distance.isNumber() ? distance.asDouble() : null))
          .append("</td><td>")
          .append(
              night.served()
                  ? "in service"
                  : escaped("not served: " + night.detail().path("reason").asText()))
          .append("</td></tr>\n");
    }
    return rows.toString().strip();
  }

  private static String number(Double value) {
    return value == null ? "" : String.format(Locale.ROOT, "%+.3f", value);
  }

  private static String escaped(String text) {
    return StringEscapeUtils.escapeHtml4(text);
  }

  private String svg() {
    List<Double> all = new ArrayList<>(List.of(0.0));
    nights.forEach(night -> all.addAll(night.rises().values()));
    double low = all.stream().mapToDouble(d -> d).min().orElse(0);
    double high = Math.max(low + 0.1, all.stream().mapToDouble(d -> d).max().orElse(0));
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"rise of loss by night and split\" font-size=\"12\">%n"
            .formatted(WIDTH + 110, HEIGHT));
    for (int i = 0; i <= TICKS; i++) {
      double value = low + (high - low) * i / TICKS;
      double y = y(value, low, high);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%+.2f</text>%n",
              LEFT,
              WIDTH,
              y,
              y,
              LEFT - 6,
              y + 4,
              value));
    }
    for (int i = 0; i < nights.size(); i++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"end\" transform=\"rotate(-30 %.1f %d)\">%s</text>%n",
              x(i),
              HEIGHT - BOTTOM + 18,
              x(i),
              HEIGHT - BOTTOM + 18,
              escaped(nights.get(i).name())));
    }
    int place = 0;
    for (Map.Entry<String, String> split : COLOURS.entrySet()) {
      line(split.getKey(), split.getValue(), low, high, svg);
      svg.append(
          "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>%n"
              .formatted(WIDTH + 10, TOP + 14 + 16 * place++, split.getValue(), split.getKey()));
    }
    return svg.append("</svg>").toString();
  }

  private void line(String split, String colour, double low, double high, StringBuilder svg) {
    StringBuilder points = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    for (int i = 0; i < nights.size(); i++) {
      Double rise = nights.get(i).rises().get(split);
      if (rise != null) {
        double y = y(rise, low, high);
        if (nights.get(i).served()) {
          points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(i), y));
        }
        dots.append(
            String.format(
                Locale.ROOT,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" stroke=\"%s\" fill=\"%s\"/>",
                x(i),
                y,
                colour,
                nights.get(i).served() ? colour : "white"));
      }
    }
    svg.append(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%s%n"
            .formatted(points.toString().strip(), colour, dots));
  }

  private double x(int night) {
    return nights.size() == 1
        ? (LEFT + WIDTH) / 2.0
        : LEFT + 20 + (WIDTH - LEFT - 40.0) * night / (nights.size() - 1);
  }

  private static double y(double value, double low, double high) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low);
  }
}
