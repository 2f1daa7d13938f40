package lethe.report;

import java.util.Locale;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.DomainVerdict;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.ModelNames;
import lethe.evaluate.Robustness;
import lethe.evaluate.SplitScore;
import lethe.settings.FirstTen;
import lethe.settings.Printable;
import lethe.settings.Section;

/** The report in a few lines of Markdown, to be pasted into a ticket. */
final class MarkdownSummary {
  private MarkdownSummary() {}

  /**
   * @param table of scores, as the terminal shows it
   */
  static String markdown(ReportFile file, String table) {
    StringBuilder text = new StringBuilder("## Unlearning report\n\n");
    if (file.nearness() != null) {
      text.append(escape(file.nearness())).append("\n\n");
    }
    text.append(escape(file.headline())).append("\n\n");
    for (Condition condition : file.conditions()) {
      if (condition.required()) {
        text.append("- ")
            .append(condition.state() == Condition.State.PASSED ? "passed: " : "NOT MET: ");
        text.append(escape(condition.finding())).append('\n');
      }
    }
    file.coverage().lines().forEach(line -> text.append("- ").append(escape(line)).append('\n'));
    if (file.adapter() != null) {
      text.append("- ").append(escape(file.adapter().sentence())).append('\n');
    }
    text.append("\n```\n").append(table).append("```\n\n");
    text.append(
        "nll: loss over all documents, nats per token; target: the original model on approximate text, domains weighed like forget.\n\n");
    file.domainVerdicts().stream()
        .filter(v -> v.model().equals(ModelNames.UNLEARNED))
        .forEach(v -> text.append(inDomain(v)));
    file.membership().stream()
        .filter(m -> m.domain().equals(SplitScore.ALL) && m.score().equals("loss"))
        .forEach(m -> text.append(membership(m)));
    file.entropies().stream()
        .filter(g -> g.domain().equals(SplitScore.ALL) && g.model().equals(ModelNames.UNLEARNED))
        .forEach(g -> text.append("- ").append(Sureness.sentence(g)).append('\n'));
    if (!file.domainsLeftOut().isEmpty()) {
      text.append("- Left out of membership inference for want of approximate text: ")
          .append(escape(FirstTen.of(file.domainsLeftOut())))
          .append('\n');
    }
    file.truths().forEach(distance -> text.append(toRetrained(distance)));
    if (file.robustness() != null) {
      for (Robustness.Check check : file.robustness().checks()) {
        text.append("- Robustness, %s: %s%n".formatted(check.name(), escape(robust(check))));
      }
    }
    if (file.answers() != null) {
      file.answers().lines().forEach(l -> text.append("- ").append(escape(l)).append('\n'));
    }
    if (file.cost() != null) {
      text.append(cost(file.cost()));
    }
    if (file.stop() != null) {
      text.append(
          "- Training ended after %s of at most %s steps, decided by the steering half; the weights are those of step %s%n"
              .formatted(
                  file.stop().path("steps"),
                  file.stop().path("most_steps"),
                  file.stop().path("best_step")));
    }
    if (file.rangeTest() != null) {
      text.append(
          "- The learning rate, %s, was found by a range test: %s%n"
              .formatted(
                  file.rangeTest().path("rate").asText(),
                  escape(file.rangeTest().path("finding").asText())));
    }
    if (file.storedLabels() != null) {
      text.append("- ").append(escape(StoredLabelsSentence.of(file.storedLabels()))).append('\n');
    }
    for (Assumption assumption : file.assumptions()) {
      text.append("- ").append(mark(assumption.holds())).append(escape(assumption.statement()));
      text.append(' ').append(escape(assumption.finding())).append('\n');
    }
    for (var model : file.models()) {
      text.append("- ")
          .append(model.name())
          .append(": `")
          .append(model.fingerprint())
          .append("`\n");
    }
    return text.toString();
  }

  /**
   * Escapes a name, so that it can neither begin a heading, a link, a tag or code nor mention a
   * person.
   */
  static String escape(String text) {
    return Printable.line(text)
        .replaceAll("[\\\\`*_\\[\\]|~]", "\\\\$0")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("@", "&#64;");
  }

  private static String inDomain(DomainVerdict v) {
    return "- Verdict in %s alone: %s%s%s%n"
        .formatted(
            escape(v.domain()),
            Section.spelling(v.outcome()),
            v.distance() == null
                ? ""
                : String.format(
                    Locale.ROOT,
                    ", distance %+.3f%s",
                    v.distance(),
                    v.interval() == null
                        ? ""
                        : " (95 % interval " + Headline.interval(v.interval()) + ")"),
            v.reason() == null ? "" : ": " + v.reason());
  }

  private static String membership(MembershipScore m) {
    return String.format(
        Locale.ROOT,
        "- Membership inference on %s by loss, domains weighed by their chunks to forget: AUC %.3f%s%s%n",
        m.model(),
        m.auc(),
        m.interval() == null
            ? ""
            : String.format(
                Locale.ROOT,
                ", 95 %% interval %.3f to %.3f",
                m.interval().low(),
                m.interval().high()),
        m.model().equals(ModelNames.RETRAINED)
            ? ""
            : m.retrainedAuc() == null
                ? " (0.5 if forget and approximate differ only in whether the model was trained on them)"
                : String.format(Locale.ROOT, " (the retrained model has %.3f)", m.retrainedAuc()));
  }

  private static String toRetrained(DistanceToRetrained distance) {
    return String.format(
        Locale.ROOT,
        "- Against the retrained model, on forget, %s: forget loss, all documents, %s, retrained %s, target %s; Kolmogorov-Smirnov distance of chunk losses %.3f (p %.4f); divergence of predictions %s nats%n",
        distance.model(),
        number(distance.nll()),
        number(distance.truth()),
        number(distance.estimate()),
        distance.chunks().distance(),
        distance.chunks().p(),
        number(distance.divergence()));
  }

  private static String robust(Robustness.Check check) {
    return (check.passed() ? "passed; " : "FAILED; ") + check.finding();
  }

  private static String number(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  private static String cost(Cost cost) {
    String line =
        String.format(
            Locale.ROOT,
            "- Cost: %d steps, %d processed tokens, %.2e FLOPs, %.0f s%s",
            cost.steps(),
            cost.tokens(),
            cost.flops(),
            cost.seconds(),
            cost.rangeTest() == null ? "" : ofRangeTest(cost.rangeTest()));
    return cost.ratio() == null
        ? line + "\n"
        : line
            + String.format(Locale.ROOT, "; retraining would cost %.1f times that%n", cost.ratio());
  }

  private static String ofRangeTest(Cost.RangeTest test) {
    return String.format(
        Locale.ROOT,
        ", of which the range test %d tokens (%.0f %%) and %.0f s",
        test.tokens(),
        100 * test.share(),
        test.seconds());
  }

  private static String mark(Boolean holds) {
    return holds == null ? "(open) " : holds ? "(holds) " : "(does not hold) ";
  }
}
