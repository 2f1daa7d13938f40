package lethe.run;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import lethe.json.Json;
import lethe.settings.Section;
import lethe.settings.Settings;
import lethe.target.Split;

/**
 * The splits that runs after one another keep: none of them takes a document that this run forgets,
 * or one that a run before it made the model forget, whatever the user's conditions say.
 *
 * @param user settings with these splits
 */
public record KeptSplits(Settings user) {

  /**
   * The settings that leave these documents out, as pairs over the user's.
   *
   * @param earlier whether the run has documents that were forgotten before
   */
  public List<String> pairs(boolean earlier) {
    Section splits = user.root().section("corpus").section("splits");
    List<String> pairs = new ArrayList<>();
    for (Split split : Split.values()) {
      if (split != Split.FORGET && split != Split.EARLIER && splits.has(split.key())) {
        Section own = splits.section(split.key());
        Set<String> except = new LinkedHashSet<>(List.of(Split.FORGET.key()));
        if (earlier) {
          except.add(Split.EARLIER.key());
        }
        except.addAll(own.has("except") ? own.strings("except") : List.of());
        pairs.add("corpus.splits.%s.except=%s".formatted(split.key(), Json.text(except)));
      }
    }
    return pairs;
  }
}
