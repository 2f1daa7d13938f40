package lethe.run;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What a user can ask for; what each does is said in {@link lethe.Main}'s help. */
public enum Verb {
  RUN,
  PREPARE,
  PRETRAIN,
  FINETUNE,
  RETRAIN,
  UNLEARN,
  VALIDATE,
  PREFLIGHT,
  EVALUATE,
  REPORT,
  BENCH;

  /** As users write it. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it needs what training needs of a cluster. */
  public boolean trains() {
    return this != PREPARE && this != EVALUATE && this != REPORT && this != BENCH;
  }

  /** Whether it only looks: at all that a run needs, and writes nothing. */
  boolean looks() {
    return this == VALIDATE || this == PREFLIGHT;
  }

  /** The stages whose output is made from this one's. */
  public Set<Verb> madeFrom() {
    return switch (this) {
      case PREPARE -> EnumSet.of(PRETRAIN, FINETUNE, RETRAIN, UNLEARN, EVALUATE);
      case PRETRAIN -> EnumSet.of(FINETUNE, UNLEARN, EVALUATE);
      case RETRAIN, UNLEARN -> EnumSet.of(EVALUATE);
      default -> EnumSet.noneOf(Verb.class);
    };
  }

  /** Whether this verb includes a stage. */
  public boolean does(Verb stage) {
    return this == stage
        || (this == RUN && stage != FINETUNE && stage != RETRAIN && !stage.looks());
  }
}
