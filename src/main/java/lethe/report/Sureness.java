package lethe.report;

import java.util.Locale;
import lethe.evaluate.EntropyGap;

/** How sure the unlearned model is on forgotten text, in a sentence. */
final class Sureness {
  private Sureness() {}

  static String sentence(EntropyGap gap) {
    if (gap.difference() == null) {
      return "Predictions on the forgotten text are not finite numbers.";
    }
    String what =
        switch (gap.outcome()) {
          case FLATTER ->
              "Predictions on the forgotten text are flatter than the original's on unseen text, as after damage";
          case PEAKED ->
              "Predictions on the forgotten text are more peaked than the original's on unseen text: known, or confidently wrong";
          case ALIKE ->
              "Predictions on the forgotten text are about as sure as the original's on unseen text";
          case UNDECIDED ->
              "Whether predictions on the forgotten text are flatter or more peaked than on unseen text cannot be said";
        };
    return String.format(
        Locale.ROOT,
        "%s: entropy %.3f against %.3f nats, %+.3f%s.",
        what,
        gap.forget(),
        gap.approximate(),
        gap.difference(),
        gap.interval() == null ? "" : " (95 % interval " + Headline.interval(gap.interval()) + ")");
  }
}
