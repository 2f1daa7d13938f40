package lethe.sample;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The texts of one domain with slots in them, separated by blank lines. A slot is a fact ({@code
 * {name}}, {@code {Name}}, {@code {number}}, {@code {code}}, {@code {hex}}) or a common word of a
 * kind that words.txt lists ({@code {person}}). Slots with the same label ({@code {person:a}}) hold
 * the same text in one document.
 */
final class Skeletons {
  private static final Pattern SLOT = Pattern.compile("\\{(\\w+)(?::(\\w+))?}");

  private final List<String> texts;
  private final Map<String, List<String>> words = new HashMap<>();
  private final Facts facts;

  Skeletons(String domain, Facts facts) {
    this.texts = Arrays.asList(resource(domain + ".txt").split("\n\n"));
    this.facts = facts;
    for (String line : resource("words.txt").lines().toList()) {
      List<String> kindAndWords = Arrays.asList(line.split(" "));
      words.put(kindAndWords.get(0), kindAndWords.subList(1, kindAndWords.size()));
    }
  }

  /** A text and the facts in it. */
  record Filled(String text, List<String> facts) {}

  /** Takes the skeletons in turn and fills the slots. */
  Filled fill(int index, Random random) {
    String skeleton = texts.get(index % texts.size()).strip() + "\n";
    List<String> invented = new ArrayList<>();
    Map<String, String> labelled = new HashMap<>();
    StringBuilder text = new StringBuilder();
    Matcher slot = SLOT.matcher(skeleton);
    while (slot.find()) {
      String content = labelled.get(slot.group(2));
      if (content == null) {
        content = draw(slot.group(1), random, invented);
      }
      if (slot.group(2) != null) {
        labelled.put(slot.group(2), content);
      }
      slot.appendReplacement(text, content);
    }
    return new Filled(slot.appendTail(text).toString(), invented);
  }

  private String draw(String kind, Random random, List<String> invented) {
    if (words.containsKey(kind)) {
      List<String> choices = words.get(kind);
      return choices.get(random.nextInt(choices.size()));
    }
    String fact =
        switch (kind) {
          case "name" -> facts.name(random);
          case "Name" -> facts.properName(random);
          case "number" -> facts.number(random);
          case "code" -> facts.code(random);
          case "hex" -> facts.hex(random);
          default -> throw new IllegalStateException("Cannot fill a slot {" + kind + "}");
        };
    invented.add(fact);
    return fact;
  }

  private static String resource(String name) {
    try (InputStream in = Skeletons.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read resource " + name, e);
    }
  }
}
