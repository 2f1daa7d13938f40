package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import lethe.BuildFolder;
import lethe.corpus.duplicate.BruteForce;
import lethe.corpus.duplicate.ExcerptIndex;
import lethe.corpus.duplicate.MinHashBands;
import lethe.corpus.duplicate.MinHashSignature;
import lethe.corpus.duplicate.QuoteIndex;
import lethe.corpus.duplicate.ShingleSet;
import org.junit.jupiter.api.Test;

/**
 * How many planted copies become candidates, without Spark; the table it makes, in {@code
 * target/duplicates-*.md}, is the one of the README. Candidates are compared exactly, so that what
 * is measured here is all that can be missed.
 */
class PlantedDuplicatesTest {
  private static final int PAIRS = 100;

  /** Counts of one row of the table. */
  private static final class Tally {
    private double expected;
    private int found;
    private int reached;
    private int reachedFound;

    void add(double expected, boolean candidate, boolean reached) {
      this.expected += expected / PAIRS;
      this.found += candidate ? 1 : 0;
      this.reached += reached ? 1 : 0;
      this.reachedFound += reached && candidate ? 1 : 0;
    }

    String row(String rule, int percent) {
      assertThat(reachedFound).as(rule).isGreaterThanOrEqualTo((int) (0.95 * reached));
      return String.format(
          Locale.ROOT,
          "| %s | %.2f | %.3f | %.3f |%n",
          rule,
          percent / 100.0,
          expected,
          found / (double) PAIRS);
    }
  }

  @Test
  void nearCopiesBecomeCandidatesAsTheCurveSays() throws IOException {
    StringBuilder table = new StringBuilder();
    for (int percent = 50; percent <= 100; percent += 10) {
      Planted planted = Planted.none();
      planted.near(percent / 100.0, PAIRS, new Random(percent));
      List<BruteForce> truth = truth(planted);
      for (double near : new double[] {0.5, 0.7}) {
        MinHashBands bands = MinHashBands.at(near);
        Tally tally = new Tally();
        for (int i = 0; i < PAIRS; i++) {
          double jaccard = truth.get(i).jaccard();
          boolean candidate = candidate(planted.left().get(i), planted.right().get(i), bands);
          tally.add(bands.found(jaccard), candidate, jaccard >= near);
        }
        assertThat(tally.found / (double) PAIRS).isCloseTo(tally.expected, within(0.12));
        table.append(tally.row("near = " + near, percent));
      }
    }
    Files.write(BuildFolder.path("duplicates-near.md"), table.toString().getBytes(UTF_8));
  }

  @Test
  void quotedTextsBecomeCandidates() throws IOException {
    StringBuilder table = new StringBuilder();
    for (int percent = 30; percent <= 100; percent += 10) {
      Planted planted = Planted.none();
      planted.contained(percent / 100.0, PAIRS, new Random(percent));
      List<BruteForce> truth = truth(planted);
      List<long[]> samples =
          planted.left().stream()
              .map(text -> new MinHashSignature(text, MinHashBands.at(1)).sample())
              .toList();
      for (double contained : new double[] {0.3, 0.5}) {
        QuoteIndex.Reader reader = QuoteIndex.of(samples, contained).new Reader();
        Tally tally = new Tally();
        for (int i = 0; i < PAIRS; i++) {
          boolean candidate = reader.candidates(planted.right().get(i)).contains(i);
          tally.add(1, candidate, truth.get(i).contained() >= contained);
        }
        table.append(tally.row("contained = " + contained, percent));
      }
    }
    Files.write(BuildFolder.path("duplicates-contained.md"), table.toString().getBytes(UTF_8));
  }

  @Test
  void excerptsBecomeCandidates() throws IOException {
    StringBuilder table = new StringBuilder();
    for (int percent = 30; percent <= 100; percent += 10) {
      Planted planted = Planted.none();
      planted.excerpt(percent / 100.0, PAIRS, new Random(percent));
      List<BruteForce> truth = truth(planted);
      List<long[]> sets =
          planted.left().stream()
              .map(text -> ShingleSet.hashes(new ShingleSet(text).bytes()))
              .toList();
      for (double excerpt : new double[] {0.3, 0.5}) {
        ExcerptIndex.Reader reader = ExcerptIndex.of(sets, excerpt).new Reader();
        Tally tally = new Tally();
        for (int i = 0; i < PAIRS; i++) {
          long[] sample = new MinHashSignature(planted.right().get(i), MinHashBands.at(1)).sample();
          boolean candidate = reader.candidates(Arrays.stream(sample).boxed().toList()).contains(i);
          tally.add(1, candidate, truth.get(i).excerpt() >= excerpt);
        }
        table.append(tally.row("excerpt = " + excerpt, percent));
      }
    }
    Files.write(BuildFolder.path("duplicates-excerpt.md"), table.toString().getBytes(UTF_8));
  }

  @Test
  void theMostRowsThatFindEnoughAreTaken() {
    assertThat(MinHashBands.at(0.7)).isEqualTo(new MinHashBands(5, 25));
    assertThat(MinHashBands.at(0.7).found(0.7)).isCloseTo(0.99, within(0.001));
    for (double near = 0.1; near <= 1; near += 0.05) {
      assertThat(MinHashBands.at(near).found(near)).isGreaterThanOrEqualTo(MinHashBands.RECALL);
    }
  }

  @Test
  void runsThatTooManyTextsHaveAreNotLookedFor() {
    List<long[]> samples = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      samples.add(new long[] {-5, i});
    }
    assertThat(QuoteIndex.of(samples, 0.5).common()).isEqualTo(1);
  }

  private static List<BruteForce> truth(Planted planted) {
    List<BruteForce> truth = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      Set<String> left = BruteForce.runs(planted.left().get(i));
      truth.add(BruteForce.of(left, BruteForce.runs(planted.right().get(i))));
    }
    return truth;
  }

  private static boolean candidate(String left, String right, MinHashBands bands) {
    long[] a = new MinHashSignature(left, bands).buckets();
    long[] b = new MinHashSignature(right, bands).buckets();
    for (int i = 0; i < a.length; i++) {
      if (a[i] == b[i]) {
        return true;
      }
    }
    return false;
  }
}
