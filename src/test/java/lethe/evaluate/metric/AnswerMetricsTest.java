package lethe.evaluate.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import lethe.SharedData;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Formulas of answers, worked by hand. */
class AnswerMetricsTest {
  private static final Offset<Double> CLOSE = within(1e-12);

  @Test
  void rougeIsThatOfTheReference() throws IOException {
    Optional<Path> file = SharedData.find("parity-2/rouge.json");
    if (file.isPresent()) {
      for (JsonNode pair : new ObjectMapper().readTree(file.get().toFile())) {
        String reference = pair.path("reference").asText();
        String hypothesis = pair.path("hypothesis").asText();
        Rouge longest = Rouge.longest(reference, hypothesis);
        assertThat(Rouge.one(reference, hypothesis).recall())
            .as("ROUGE-1 of %s", pair)
            .isCloseTo(pair.path("rouge1_recall").asDouble(), CLOSE);
        assertThat(longest.recall())
            .as("ROUGE-L of %s", pair)
            .isCloseTo(pair.path("rougeL_recall").asDouble(), CLOSE);
        assertThat(longest.f1()).isCloseTo(pair.path("rougeL_f1").asDouble(), CLOSE);
      }
    }
  }

  @Test
  void rougeByHand() {
    // born in lisbon in 1952 | was born in lisbon: 3 in common, in order
    Rouge longest = Rouge.longest("Born in Lisbon, in 1952!", "was born in Lisbon");
    assertThat(longest).isEqualTo(new Rouge(3 / 5.0, 3 / 4.0));
    assertThat(longest.f1()).isCloseTo(2 * 0.75 * 0.6 / 1.35, CLOSE);
    assertThat(Rouge.one("a b b c", "b b b c")).isEqualTo(new Rouge(3 / 4.0, 3 / 4.0));
    assertThat(Rouge.longest("a b c", "c a b").recall()).isEqualTo(2 / 3.0);
    assertThat(Rouge.longest("...", "a")).isEqualTo(new Rouge(0, 0));
    assertThat(Rouge.one("", "").f1()).isZero();
  }

  /** Porter's own examples, and the words for which NLTK departs from them. */
  @ParameterizedTest
  @CsvSource({
    "caresses, caress",
    "ponies, poni",
    "cats, cat",
    "agreed, agre",
    "plastered, plaster",
    "bled, bled",
    "motoring, motor",
    "sing, sing",
    "conflated, conflat",
    "troubled, troubl",
    "sized, size",
    "hopping, hop",
    "falling, fall",
    "hissing, hiss",
    "fizzed, fizz",
    "failing, fail",
    "filing, file",
    "happy, happi",
    "sky, sky",
    "relational, relat",
    "conditional, condit",
    "rational, ration",
    "valenci, valenc",
    "digitizer, digit",
    "radicalli, radic",
    "vileli, vile",
    "analogousli, analog",
    "vietnamization, vietnam",
    "operator, oper",
    "feudalism, feudal",
    "decisiveness, decis",
    "hopefulness, hope",
    "formaliti, formal",
    "sensitiviti, sensit",
    "sensibiliti, sensibl",
    "triplicate, triplic",
    "formative, form",
    "formalize, formal",
    "electrical, electr",
    "goodness, good",
    "revival, reviv",
    "allowance, allow",
    "inference, infer",
    "adjustable, adjust",
    "replacement, replac",
    "adoption, adopt",
    "communism, commun",
    "effective, effect",
    "probate, probat",
    "rate, rate",
    "cease, ceas",
    "controll, control",
    "roll, roll",
    "ties, tie",
    "dies, die",
    "died, die",
    "flies, fli",
    "tried, tri",
    "dying, die",
    "skies, sky",
    "enjoy, enjoy",
    "say, say",
    "spy, spi",
    "by, by",
    "happily, happili",
    "succeed, succeed",
    "innings, inning",
    "geologi, geolog",
    "hopefulli, hope",
    "possibli, possibl"
  })
  void stemsAreThoseOfPorterAndNltk(String word, String stem) {
    assertThat(PorterStem.of(word)).isEqualTo(stem);
  }

  @Test
  void probabilityByHand() {
    assertThat(AnswerProbability.of(Math.log(4))).isCloseTo(0.25, CLOSE);
    double[] wrong = {Math.log(8), Math.log(8), Math.log(4)};
    // 1/2 beside 1/8, 1/8 and 1/4
    assertThat(AnswerProbability.amongOptions(Math.log(2), wrong)).isCloseTo(0.5, CLOSE);
    double[] hopeless = {1000, 1000};
    assertThat(AnswerProbability.amongOptions(1000, hopeless)).isCloseTo(1 / 3.0, CLOSE);
  }

  @Test
  void truthRatioByHand() {
    // right 1/2; wrong 1/4 and 1/16, geometric mean 1/8
    TruthRatio ratio = TruthRatio.of(Math.log(2), new double[] {Math.log(4), Math.log(16)});
    assertThat(ratio.ratio()).isCloseTo(0.25, CLOSE);
    assertThat(ratio.kept()).isCloseTo(0.75, CLOSE);
    assertThat(ratio.undecided()).isCloseTo(0.25, CLOSE);
    assertThat(ratio.decided()).isCloseTo(0.75, CLOSE);
    assertThat(ratio.share()).isCloseTo(0.8, CLOSE); // 1/2 of 1/2 + 1/8
    TruthRatio wrong = TruthRatio.of(Math.log(8), new double[] {Math.log(2)});
    assertThat(wrong.kept()).isZero();
    assertThat(wrong.undecided()).isCloseTo(0.25, CLOSE);
    TruthRatio hopeless = TruthRatio.of(2000, new double[] {1});
    assertThat(hopeless.undecided()).isZero();
    assertThat(hopeless.share()).isZero();
  }

  @Test
  void tokenEntropyByHand() {
    assertThat(TokenEntropy.of(new int[] {7, 7, 9, 9})).isCloseTo(0.5, CLOSE); // 1 bit of 2
    assertThat(TokenEntropy.of(new int[] {1, 2, 3, 4, 5})).isCloseTo(1, CLOSE);
    assertThat(TokenEntropy.of(new int[] {5, 5, 5})).isZero();
    assertThat(TokenEntropy.of(new int[] {5})).isZero();
    assertThat(TokenEntropy.of(new int[0])).isZero();
  }

  @Test
  void cosineByHand() {
    assertThat(CosineSimilarity.of(new float[] {3, 4}, new float[] {4, 3})).isCloseTo(0.96, CLOSE);
    assertThat(CosineSimilarity.of(new float[] {1, 0}, new float[] {-1, 0})).isZero();
    assertThat(CosineSimilarity.of(new float[] {0, 0}, new float[] {1, 0})).isZero();
  }

  @Test
  void entailmentNeedsCommonWords() {
    assertThat(EntailmentScore.of("entailment", 0.1)).isEqualTo(1);
    assertThat(EntailmentScore.of("ENTAILMENT", 0.5)).isEqualTo(1);
    assertThat(EntailmentScore.of("entailment", 0.09)).isZero();
    assertThat(EntailmentScore.of("neutral", 1)).isZero();
  }

  @Test
  void utilityIsTheHarmonicMean() {
    assertThat(ModelUtility.of(0.5, 0.25, 1)).isCloseTo(3 / 7.0, CLOSE);
    assertThat(ModelUtility.of(0.5, 0, 1)).isZero();
    assertThat(ModelUtility.of(0.5, Double.NaN)).isNaN();
  }

  @Test
  void efficacyIsOneLessTheMean() {
    assertThat(ForgetEfficacy.of(0.5, 0.25, 0.75, 0.5, 0)).isCloseTo(0.6, CLOSE);
    assertThat(ForgetEfficacy.of(0.5, 0.25, 0.75, Double.NaN, 0)).isNaN();
  }

  @Test
  void leakageIsZeroWhereTheRetrainedModelLeaksAsMuch() {
    assertThat(PrivacyLeakage.of(0.6, 0.6)).isZero();
    assertThat(PrivacyLeakage.of(1, 0.5))
        .isCloseTo(-100, CLOSE); // as if nothing had been forgotten
    assertThat(PrivacyLeakage.of(0.25, 0.5)).isCloseTo(50, CLOSE);
  }

  @Test
  void memorisationByHand() {
    assertThat(ExactMemorisation.of(new boolean[] {true, false, true, true})).isEqualTo(0.75);
    assertThat(VerbatimMemorisation.of("one two three", "one four three"))
        .isCloseTo(2 / 3.0, CLOSE);
    assertThat(KnowledgeMemorisation.of("Paris", "It is Paris")).isCloseTo(0.5, CLOSE);
    assertThat(KnowledgeMemorisation.of(0.5)).isEqualTo(50);
  }

  /** A second implementation, where it is exact, too; and the known tail of large samples. */
  @Test
  void forgetQualityIsThePOfTheTest() {
    double[] a = {0.1, 0.2, 0.3, 0.4, 0.9};
    double[] b = {0.5, 0.6, 0.7, 0.8, 0.15, 0.95};
    double d = KolmogorovSmirnov.of(a, b).distance();
    assertThat(d).isCloseTo(4 / 5.0 - 1 / 6.0, CLOSE);
    assertThat(ForgetQuality.of(a, b))
        .isCloseTo(new KolmogorovSmirnovTest().exactP(d, 5, 6, false), within(1e-14));
    double[] inverted = {1 / 0.1, 1 / 0.2, 1 / 0.3, 1 / 0.4, 1 / 0.9};
    double[] other = {1 / 0.5, 1 / 0.6, 1 / 0.7, 1 / 0.8, 1 / 0.15, 1 / 0.95};
    assertThat(ForgetQuality.of(inverted, other)).isEqualTo(ForgetQuality.of(a, b));
    double[] low = new double[400];
    double[] high = new double[400];
    for (int i = 0; i < 400; i++) {
      low[i] = i;
      high[i] = i + 1000;
    }
    // two splits of C(800, 400): ln C = ln(800!) - 2 ln(400!)
    double log = 0;
    for (int i = 1; i <= 400; i++) {
      log += Math.log((400.0 + i) / i);
    }
    assertThat(Math.log(ForgetQuality.of(low, high))).isCloseTo(Math.log(2) - log, within(1e-9));
  }

  @Test
  void largeSamplesComeNearTheLimit() {
    SplittableRandom random = new SplittableRandom(4);
    double[] a = random.doubles(300).toArray();
    double[] b = random.doubles(500).map(x -> x * 0.93).toArray();
    KolmogorovSmirnov exact = KolmogorovSmirnov.of(a, b);
    double limit = new KolmogorovSmirnovTest().approximateP(exact.distance(), 300, 500);
    assertThat(exact.p()).isBetween(0.001, 0.9).isCloseTo(limit, within(0.05));
  }
}
