package lethe.sample;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import lethe.folder.Files;
import lethe.json.Json;
import lethe.sample.SampleDocument.SampleSplit;
import org.apache.hadoop.fs.Path;

/**
 * Texts of three domains for a model to learn by heart and then to forget. Paper-like and code-like
 * texts are mostly facts of their own, so a byte that was never seen has a high loss and one that
 * was learnt a low loss; book-like texts are mostly common words in an order of their own, so the
 * loss on an unseen text is little higher than on a known one. All texts of a domain are drawn in
 * the same way, whatever their split.
 *
 * @param seed of every choice
 * @param forget texts to forget, in paper and in code each
 * @param retain texts to keep, in paper and in code each
 * @param approximate texts the model never sees, in paper and in code each
 * @param general texts to keep, in book
 * @param holdout texts the model never sees, in book
 */
public record SampleCorpus(
    long seed, int forget, int retain, int approximate, int general, int holdout) {
  /** Of one text with the line around it; they have some 600. */
  private static final long MOST_TEXT_BYTES = 1500;

  static final List<String> DOMAINS = List.of("paper", "code", "book");

  /**
   * Every text; those that a model is trained on come first. No fact of a text appears in an
   * earlier text, so no fact of an unseen text appears in one that the model has seen.
   */
  List<SampleDocument> documents() {
    List<SampleDocument> all = new ArrayList<>();
    Facts facts = new Facts();
    for (String domain : List.of("paper", "code")) {
      add(all, domain, SampleSplit.FORGET, forget, facts);
      add(all, domain, SampleSplit.RETAIN, retain, facts);
    }
    add(all, "book", SampleSplit.GENERAL, general, facts);
    add(all, "book", SampleSplit.HOLDOUT, holdout, facts);
    add(all, "paper", SampleSplit.APPROXIMATE, approximate, facts);
    add(all, "code", SampleSplit.APPROXIMATE, approximate, facts);
    return all;
  }

  /** No fewer bytes than all files have, without drawing a text. */
  public long mostBytes() {
    long ofTwoDomains = (long) forget + retain + approximate;
    return MOST_TEXT_BYTES * (2 * ofTwoDomains + general + holdout);
  }

  /**
   * Writes {@code <domain>.jsonl}, one text per line: {@code {"id", "text", "domain", "split",
   * "member"}}.
   */
  public void write(Path folder, Files files) {
    List<SampleDocument> all = documents();
    for (String domain : DOMAINS) {
      StringBuilder lines = new StringBuilder();
      all.stream()
          .filter(document -> document.domain().equals(domain))
          .forEach(document -> lines.append(line(document)).append('\n'));
      files.writeText(new Path(folder, domain + ".jsonl"), lines.toString());
    }
  }

  private void add(
      List<SampleDocument> all, String domain, SampleSplit split, int count, Facts facts) {
    Skeletons skeletons = new Skeletons(domain, facts);
    for (int i = 0; i < count; i++) {
      String id = "%s-%s-%02d".formatted(domain, name(split), i);
      Random random = new Random(seed ^ id.hashCode() * 0x9e3779b97f4a7c15L);
      Skeletons.Filled filled = skeletons.fill(i, random);
      all.add(new SampleDocument(id, domain, split, filled.text(), filled.facts()));
    }
  }

  private static ObjectNode line(SampleDocument document) {
    return Json.MAPPER
        .createObjectNode()
        .put("id", document.id())
        .put("text", document.text())
        .put("domain", document.domain())
        .put("split", name(document.split()))
        .put("member", document.split().member());
  }

  private static String name(SampleSplit split) {
    return split.name().toLowerCase(Locale.ROOT);
  }
}
