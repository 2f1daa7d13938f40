package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import lethe.SubmitIT.Submitted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole job where no file is local: corpora, model and run folder are objects behind S3, and an
 * executor process of its own reads and writes them.
 */
class S3IT {
  /** As Spark sets them itself from 4.1 on. */
  private static final String MAGIC =
      """
      spark.hadoop.fs.s3a.committer { magic.enabled = true, name = magic }
      spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a = org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory
      spark.sql.parquet.output.committer.class = org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter
      spark.sql.sources.commitProtocolClass = org.apache.spark.internal.io.cloud.PathOutputCommitProtocol
      """;

  /** With this, Spark from 4.1 on sets none of them. */
  private static final String ORDINARY = "spark.hadoop.fs.s3a.committer.magic.enabled=false";

  @TempDir Path folder;

  @Test
  void readsEverythingFromS3AndWritesTheWholeRunThere() throws Exception {
    Path conf = SmallRun.in(folder);
    try (S3Server server = new S3Server(folder);
        S3Bucket s3 = server.bucket("lethe")) {
      upload(s3, "data");
      upload(s3, "model");
      delete(folder.resolve("data"));
      delete(folder.resolve("model"));
      String text = Files.readString(conf).replace("\"" + folder, "\"s3a://lethe");
      StringBuilder more = new StringBuilder(text);
      more.append(
          """
          spark.master = "local-cluster[1,1,1024]"
          spark.executor.memory = "1g"
          corpus.duplicates.action = drop
          """);
      server
          .hadoop()
          .forEach((key, value) -> more.append("spark.hadoop.%s = \"%s\"\n".formatted(key, value)));
      Files.writeString(conf, more);
      Path magic = Files.writeString(folder.resolve("magic.conf"), more + MAGIC);

      Submitted refused = submit("wrong-secret", "run", magic.toString());
      assertThat(refused.code()).as(refused.output()).isNotZero();
      assertThat(refused.output()).doesNotContain("wrong-secret");
      assertThat(s3.keys("")).noneMatch(key -> key.startsWith("run/"));

      leaveWhatAKilledPrepareLeaves(s3);
      Submitted done = submit(S3Server.SECRET, "run", magic.toString());
      assertThat(done.code()).as(done.output()).isZero();
      assertThat(s3.keys(""))
          .contains(
              "run/run.json",
              "run/corpus/manifest.json",
              "run/model/config.json",
              "run/model/model.safetensors",
              "run/steps.jsonl",
              "run/scores/evaluation.json",
              "run/report/index.html",
              "run/report/report.json")
          .noneMatch(key -> key.matches(".*(_temporary|__magic|[.]draft$).*"));
      assertThat(json(s3, "run/run.json").get("committer").asText()).isEqualTo("magic");
      List<String> parts = new ArrayList<>();
      json(s3, "run/corpus/manifest.json")
          .get("parts")
          .forEach(part -> parts.add("run/corpus/" + part.get("path").asText()));
      assertThat(s3.keys("").stream().filter(S3IT::isChunks))
          .containsExactlyInAnyOrderElementsOf(parts);
      assertThat(done.output()).doesNotContain(S3Server.SECRET);

      Submitted ordinary =
          submit(
              S3Server.SECRET, "prepare", conf.toString(), "run.dir=s3a://lethe/other", ORDINARY);
      assertThat(ordinary.code()).as(ordinary.output()).isZero();
      assertThat(json(s3, "other/run.json").get("committer").asText()).isEqualTo("ordinary");
      assertThat(json(s3, "other/corpus/manifest.json").get("chunks_sha256"))
          .isEqualTo(json(s3, "run/corpus/manifest.json").get("chunks_sha256"));
      assertThat(s3.keys("other/")).noneMatch(key -> key.matches(".*(_temporary|__magic).*"));

      for (String key : s3.keys("")) {
        assertThat(new String(s3.get(key), StandardCharsets.ISO_8859_1))
            .as(key)
            .doesNotContain(S3Server.SECRET);
      }
    }
    assertThat(folder.resolve("run")).doesNotExist();
  }

  /** Parts that were finished and parts that were not, none of them readable, and no manifest. */
  private static void leaveWhatAKilledPrepareLeaves(S3Bucket s3) {
    for (String part :
        List.of(
            "_temporary/0/_temporary/attempt_0/split=forget/domain=paper/part-0.parquet",
            "_temporary/0/task_0/split=forget/domain=paper/part-1.parquet",
            "__magic_job-0/job-0/00/tasks/attempt_0/__base/split=forget/domain=paper/part-4.parquet.pending",
            "split=forget/domain=paper/part-2.parquet",
            "split=retain/domain=elsewhere/part-3.parquet")) {
      s3.put("run/corpus/" + part, "half of a part".getBytes(StandardCharsets.UTF_8));
    }
  }

  private static boolean isChunks(String key) {
    return key.startsWith("run/corpus/") && key.endsWith(".parquet");
  }

  private static JsonNode json(S3Bucket s3, String key) throws IOException {
    return new ObjectMapper().readTree(s3.get(key));
  }

  /** With the credentials where Amazon's provider chain looks for them. */
  private static Submitted submit(String secret, String... arguments) throws Exception {
    Map<String, String> environment = new TreeMap<>();
    environment.put("AWS_ACCESS_KEY_ID", S3Server.KEY);
    environment.put("AWS_SECRET_ACCESS_KEY", secret);
    return SubmitIT.submit(environment, arguments);
  }

  private void upload(S3Bucket s3, String name) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve(name))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        s3.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
