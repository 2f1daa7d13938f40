package lethe.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lethe.folder.Files;
import lethe.sample.SampleDocument.SampleSplit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleCorpusTest {
  @TempDir Path temporary;
  private final Files files = new Files(new Configuration());

  @Test
  void sameSeedSameBytes() {
    corpus(7).write(path("one"), files);
    corpus(7).write(path("two"), files);
    corpus(8).write(path("three"), files);
    for (String domain : SampleCorpus.DOMAINS) {
      byte[] one = files.read(file("one", domain));
      assertThat(files.read(file("two", domain))).isEqualTo(one);
      assertThat(files.read(file("three", domain))).isNotEqualTo(one);
    }
  }

  @Test
  void itsFilesAreNotLargerThanSaid() throws IOException {
    for (int general : new int[] {1, 40}) {
      SampleCorpus corpus = new SampleCorpus(7, 2, 4, 3, general, 3);
      corpus.write(path("of" + general), files);
      long bytes = 0;
      for (String domain : SampleCorpus.DOMAINS) {
        bytes += files.read(file("of" + general, domain)).length;
      }
      assertThat(corpus.mostBytes()).isBetween(bytes, 4 * bytes);
    }
  }

  @Test
  void aTextDoesNotDependOnHowManyThereAre() {
    List<String> few = texts(new SampleCorpus(7, 3, 6, 3, 3, 3).documents(), SampleSplit.FORGET);
    List<String> many = texts(corpus(7).documents(), SampleSplit.FORGET);
    assertThat(many).startsWith(few.get(0), few.get(1), few.get(2));
  }

  @Test
  void writesALineADocument() throws IOException {
    corpus(7).write(path("corpus"), files);
    Set<String> ids = new HashSet<>();
    for (String domain : SampleCorpus.DOMAINS) {
      String content = new String(files.read(file("corpus", domain)), StandardCharsets.UTF_8);
      for (String line : content.lines().toList()) {
        JsonNode document = new ObjectMapper().readTree(line);
        assertThat(document.path("domain").asText()).isEqualTo(domain);
        String split = document.path("split").asText();
        assertThat(document.path("member").asBoolean())
            .isEqualTo(!split.equals("approximate") && !split.equals("holdout"));
        assertThat(document.path("text").asText()).matches("\\p{ASCII}{300,550}");
        ids.add(document.path("id").asText());
      }
    }
    assertThat(ids).hasSize(2 * (12 + 24 + 12) + 18 + 9).contains("paper-forget-03");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 42, -5})
  void noFactOfAnUnseenTextStandsInOneThatIsLearnt(long seed) {
    List<SampleDocument> all = corpus(seed).documents();
    String learnt =
        all.stream()
            .filter(d -> d.split().member())
            .map(SampleDocument::text)
            .collect(Collectors.joining());
    for (SampleDocument document : all) {
      assertThat(document.facts())
          .isNotEmpty()
          .allMatch(f -> f.length() >= 6 && document.text().contains(f));
      if (document.split() == SampleSplit.APPROXIMATE) {
        assertThat(document.facts()).noneMatch(learnt::contains);
      }
    }
  }

  @Test
  void textsToForgetAreMostlyFactsAndTheOthersMostlyAreNot() {
    for (SampleDocument document : corpus(7).documents()) {
      double share =
          (double) document.facts().stream().mapToInt(String::length).sum()
              / document.text().length();
      if (document.domain().equals("book")) {
        assertThat(share).isLessThan(0.05);
      } else {
        assertThat(share).isGreaterThan(0.55);
      }
    }
  }

  @Test
  void forgetAndApproximateAreDrawnAlike() {
    List<SampleDocument> all = new SampleCorpus(7, 90, 0, 90, 0, 0).documents();
    for (String domain : List.of("paper", "code")) {
      List<SampleDocument> drawn = all.stream().filter(d -> d.domain().equals(domain)).toList();
      String forget = String.join("", texts(drawn, SampleSplit.FORGET));
      String approximate = String.join("", texts(drawn, SampleSplit.APPROXIMATE));
      assertThat((double) forget.length() / approximate.length()).isCloseTo(1, within(0.01));
      assertThat(distance(histogram(forget), histogram(approximate))).isLessThan(0.02);
    }
  }

  /**
   * Half the sum of the absolute differences: 0 for the same distribution, 1 for none in common.
   */
  private static double distance(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.abs(p[i] - q[i]);
    }
    return sum / 2;
  }

  private static double[] histogram(String text) {
    double[] share = new double[128];
    text.chars().forEach(c -> share[c] += 1.0 / text.length());
    return share;
  }

  private static List<String> texts(List<SampleDocument> documents, SampleSplit split) {
    return documents.stream().filter(d -> d.split() == split).map(SampleDocument::text).toList();
  }

  private static SampleCorpus corpus(long seed) {
    return new SampleCorpus(seed, 12, 24, 12, 18, 9);
  }

  private org.apache.hadoop.fs.Path file(String folder, String domain) {
    return new org.apache.hadoop.fs.Path(path(folder), domain + ".jsonl");
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path(temporary.resolve(name).toString());
  }
}
