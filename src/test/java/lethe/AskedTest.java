package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lethe.folder.RunFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AskedTest {
  @TempDir Path folder;

  @Test
  void anEvaluationIsFinishedOnlyWhereItWasAskedForTheSame() throws IOException {
    Path conf = SmallRun.in(folder);
    Path task = Files.writeString(folder.resolve("t.jsonl"), "one");
    String tasks = "evaluate.tasks=[{ name = t, path = \"" + task + "\" }]";
    Asked asked = new Asked(RunFolder.of(folder.resolve("run").toString(), new Configuration()));

    assertThat(asked.same(of(asked, conf))).as("an older one does not say").isFalse();
    asked.write(of(asked, conf, tasks));
    assertThat(asked.same(of(asked, conf, tasks))).isTrue();
    assertThat(asked.same(of(asked, conf))).as("without the task").isFalse();
    assertThat(asked.same(of(asked, conf, tasks, "evaluate.models.m=" + folder))).isFalse();
    assertThat(asked.same(of(asked, conf, tasks, "evaluate.precision=bfloat16"))).isFalse();
    assertThat(asked.same(of(asked, conf, tasks, "report.examples=true"))).isFalse();
    Files.writeString(task, "two");
    assertThat(asked.same(of(asked, conf, tasks))).as("other questions").isFalse();
  }

  private static Map<String, Object> of(Asked asked, Path conf, String... pairs) {
    Job job = Job.read(Verb.EVALUATE, conf, List.of(pairs));
    return Asked.of(job.evaluate(), job.evaluate().models(), asked.folder().files());
  }
}
