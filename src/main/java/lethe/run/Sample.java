package lethe.run;

import java.util.Optional;
import lethe.console.Console;
import lethe.folder.Files;
import lethe.sample.ByteLlama;
import lethe.sample.SampleCorpus;
import lethe.settings.Section;
import lethe.target.Split;
import org.apache.hadoop.fs.Path;

/**
 * A corpus and an untrained model made on the spot, so that a run needs no data of anyone.
 *
 * @param directory gets {@code paper.jsonl}, {@code code.jsonl}, {@code book.jsonl} and {@code
 *     model/}
 * @param corpus what is drawn
 * @param model its shape
 */
public record Sample(String directory, SampleCorpus corpus, ByteLlama model) {

  /** Reads {@code sample}; nothing when it has no directory. */
  static Optional<Sample> read(Section root) {
    Section sample = root.section("sample");
    Section documents = sample.section("documents");
    Section model = sample.section("model");
    Sample read =
        new Sample(
            sample.optionalText("directory").orElse(""),
            new SampleCorpus(
                sample.longInRange("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                documents.count(Split.FORGET.key(), 1),
                documents.count(Split.RETAIN.key(), 1),
                documents.count(Split.APPROXIMATE.key(), 1),
                documents.count(Split.GENERAL.key(), 1),
                documents.count(Split.HOLDOUT.key(), 1)),
            new ByteLlama(
                model.count("width", 2),
                model.count("layers", 1),
                model.count("heads", 1),
                model.count("key-value-heads", 1),
                model.count("inner-width", 1),
                model.count("context", 2),
                0.02));
    return read.directory.isEmpty() ? Optional.empty() : Optional.of(read);
  }

  /** Writes everything; the same settings write the same bytes. */
  public void write(Files files, Console console) {
    console.say("sample: writing a corpus of three domains and an untrained model to " + directory);
    corpus.write(new Path(directory), files);
    model.write(new Path(directory, "model"), files);
  }
}
