package lethe.objective;

import lethe.objective.MaxEntropy.Direction;
import lethe.settings.Section;

/** What a method does with the forget split. */
public enum Forget {
  GRADIENT_ASCENT("make the text unlikely (Yao et al.)"),
  CAPPED_ASCENT(
      "the same, but stop for a token, or for a chunk by its mean, at a loss of unlearn.cap-nats"),
  WEIGHTED_ASCENT("the same, each token less the less likely it is already (Wang et al.)"),
  SATIMP("the same, most on tokens that are likely, but not certain (Yang et al.)"),
  MARGIN(
      "lower the true token until it leads the likeliest others no more (after Di Gennaro et al.)"),
  RANDOM_LABELS("learn random tokens instead (Yao et al.)"),
  ADVERSARIAL_LABELS("learn the original model's likeliest other tokens instead (Yao et al.)"),
  ADVERSARIAL_LABELS_EARLY(
      "the same with each label one place early, as in that paper's code; for comparison"),
  SAMPLED_LABELS("learn tokens drawn from the original model instead (Yao et al.)"),
  SOFT_LABELS("the same towards the whole distribution (Yao et al.)"),
  WHOS_HARRY_POTTER(
      "learn what is likeliest where names are replaced and nothing was reinforced (Eldan and Russinovich)"),
  TASK_VECTOR(
      "take off the weights what finetuning on the text adds, without training (Ilharco et al.)"),
  GENERIC_PREDICTIONS("predict as if the text had never been seen (Eldan and Russinovich)"),
  CE_U("learn the model's own prediction without the true token (Yang)"),
  CALIBRATED(
      "learn the original model's prediction, flatter and with less for the true token: see unlearn.calibrated-factor"),
  STORED_LABELS(
      "the same, from labels made once of noised copies of a frozen model: see unlearn.stored-copies, teacher"),
  UNDIAL("learn the original model's prediction with the true token's logit lowered (Dong et al.)"),
  UNDIAL_ASCENT("the same, and push the true token up to the loss that it has there"),
  NPO("negative preference optimisation (Zhang et al.)"),
  SIMNPO("the same per token and without a reference model (Fan et al.)"),
  JSD("learn unlearn.jsd-text over and over, by a divergence of at most log 2 (Singh et al.)"),
  DPO("prefer a rejection to the answer (Rafailov et al.); needs questions and answers"),
  ALTERNATE(
      "prefer answers drawn from the original model to the true one (Mekala et al.); needs questions and answers"),
  MISMATCH(
      "learn the answers of kept questions instead (Yao, Xu and Liu); needs questions and answers"),
  IDK("learn a rejection instead of the answer (Maini et al.); needs questions and answers"),
  MAX_ENTROPY("predict nothing in particular (Yuan et al.)"),
  MAX_ENTROPY_REVERSE("the same with the divergence of that paper's code"),
  MAX_ENTROPY_REVERSE_PADDED("the same over padding too, as in that code; for comparison"),
  FLAT_LOGITS("bring the largest logit down to the mean of all (Entesari et al.)"),
  RMU("draw the hidden states of layer unlearn.rmu-layer to one direction (Li et al.)"),
  CAPPED_ENTROPY(
      "predict nothing in particular, but stop for a position, or for a chunk by its mean, at an entropy of unlearn.cap-nats");

  private final String summary;

  Forget(String summary) {
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

  /** Whether it is a loss to descend on; the other works on the weights themselves. */
  boolean trains() {
    return this != TASK_VECTOR;
  }

  /** Whether it cannot do without {@link TermSettings#capNats}. */
  boolean needsCap() {
    return this == CAPPED_ASCENT || this == CAPPED_ENTROPY;
  }

  /** Whether it needs a model finetuned on the forget split. */
  boolean needsReinforcedModel() {
    return this == GENERIC_PREDICTIONS || this == WHOS_HARRY_POTTER || this == TASK_VECTOR;
  }

  /** Whether its labels are those of {@link Undial}. */
  boolean lowersTheTruth() {
    return this == UNDIAL || this == UNDIAL_ASCENT;
  }

  /**
   * Whether it ends at predictions that it also comes back to from beyond: a loss past the target
   * falls again. What only pushes the loss up does not.
   */
  public boolean pullsBack() {
    return switch (this) {
      case UNDIAL, UNDIAL_ASCENT, CALIBRATED, STORED_LABELS, SOFT_LABELS, GENERIC_PREDICTIONS ->
          true;
      default -> false;
    };
  }

  /** Whether it learns a text in place of the one to forget, which it never sees. */
  boolean learnsAnotherText() {
    return this == IDK || this == MISMATCH;
  }

  /** The formula of one that {@link #trains}. */
  Term term(TermSettings settings) {
    return switch (this) {
      case GRADIENT_ASCENT -> new GradientAscent();
      case CAPPED_ASCENT -> new CappedAscent(settings.capNats());
      case WEIGHTED_ASCENT -> settings.weightedAscent();
      case SATIMP -> settings.satimp();
      case MARGIN -> settings.margin();
      case RANDOM_LABELS -> new CrossEntropy(ViewKind.RANDOM_LABELS);
      case ADVERSARIAL_LABELS -> new CrossEntropy(ViewKind.ADVERSARIAL_LABELS);
      case ADVERSARIAL_LABELS_EARLY -> new CrossEntropy(ViewKind.EARLY_ADVERSARIAL_LABELS);
      case SAMPLED_LABELS -> new CrossEntropy(ViewKind.SAMPLED_LABELS);
      case SOFT_LABELS -> new Distillation(settings.predictions());
      case WHOS_HARRY_POTTER -> new CrossEntropy(ViewKind.GENERIC_LABELS);
      case TASK_VECTOR -> throw new IllegalStateException(spelling() + " has no term");
      case GENERIC_PREDICTIONS -> new Distillation(new GenericPredictions(settings.genericAlpha()));
      case CE_U -> new CrossEntropyUnlearning();
      case CALIBRATED -> new Distillation(settings.calibrated());
      case STORED_LABELS -> new BucketedDistillation(settings.storedAscent());
      case UNDIAL -> settings.undial();
      case UNDIAL_ASCENT -> new UndialAscent(settings.undial(), settings.undialAscent());
      case NPO -> new Npo(settings.beta());
      case SIMNPO -> new SimNpo(settings.beta(), settings.gamma());
      case JSD -> new JensenShannonLabels();
      case DPO -> new Dpo(settings.beta());
      case ALTERNATE -> Dpo.alternate(settings.beta(), settings.alternates().draws());
      case MISMATCH -> new CrossEntropy(ViewKind.MISMATCHED_ANSWER);
      case IDK -> new CrossEntropy(ViewKind.REJECTION);
      case MAX_ENTROPY -> new MaxEntropy(Direction.MODEL_TO_UNIFORM);
      case MAX_ENTROPY_REVERSE -> new MaxEntropy(Direction.UNIFORM_TO_MODEL);
      case MAX_ENTROPY_REVERSE_PADDED ->
          new MaxEntropy(Direction.UNIFORM_TO_MODEL, ViewKind.PADDED);
      case FLAT_LOGITS -> new FlatLogits();
      case RMU -> settings.misdirection();
      case CAPPED_ENTROPY -> new CappedEntropy(settings.capNats());
    };
  }
}
