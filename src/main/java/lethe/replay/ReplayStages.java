package lethe.replay;

import lethe.console.Console;
import lethe.folder.RunFolder;
import lethe.pipeline.Pipeline;
import lethe.run.Verb;

/**
 * The stages of a replay, one after the other in one Spark application.
 *
 * @param settings of it
 * @param console where its progress is seen
 */
record ReplayStages(ReplaySettings settings, Console console) {
  /** Runs a stage, unless it is finished; one that was interrupted goes on where it was. */
  void run(Verb stage) {
    Pipeline.before(settings.config(stage), console).run();
  }

  RunFolder folder() {
    return settings.folder();
  }

  void say(String sentence) {
    console.say("verify: " + sentence);
  }
}
