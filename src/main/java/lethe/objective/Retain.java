package lethe.objective;

import java.util.Arrays;
import java.util.stream.Collectors;
import lethe.settings.Section;

/** What a method does with the splits it keeps. */
public enum Retain {
  DESCENT("continue training on the kept text"),
  KL("stay near the reference model's predictions on the kept text"),
  KL_PADDED("the same over questions and padding too, as in the papers' code; for comparison"),
  JSD(
      "stay near those predictions by a divergence that is at most log 2 for each position (Singh et al.)"),
  RMU("stay near the reference model's hidden states of layer unlearn.rmu-layer (Li et al.)"),
  PRESERVATION("keep answers likelier than rejections (Yuan et al.); needs questions and answers");

  private final String summary;

  Retain(String summary) {
    this.summary = summary;
  }

  /** One line for users. */
  String summary() {
    return summary;
  }

  /** The name as users write it. */
  String spelling() {
    return Section.spelling(this);
  }

  /**
   * Whether what it is for the original model is known: a divergence from its own predictions is 0,
   * and a loss can be scored.
   */
  boolean boundable() {
    return this == DESCENT || isDivergence();
  }

  /** Whether it is 0 for the reference. */
  public boolean isDivergence() {
    return this == KL || this == KL_PADDED || this == JSD || this == RMU;
  }

  static String boundableNames() {
    return Arrays.stream(values())
        .filter(Retain::boundable)
        .map(Retain::spelling)
        .collect(Collectors.joining(", "));
  }

  /** The formula. */
  Term term(TermSettings settings) {
    return switch (this) {
      case DESCENT -> new Descent();
      case KL -> new KullbackLeibler();
      case KL_PADDED -> new KullbackLeibler(ViewKind.PADDED);
      case JSD -> new JensenShannon();
      case RMU -> new RepresentationDistance(settings.misdirection().layer());
      case PRESERVATION -> new AnswerPreservation(settings.beta());
    };
  }
}
