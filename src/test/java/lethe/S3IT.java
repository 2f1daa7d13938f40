package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.model.ListObjectsV2Request;
import com.amazonaws.services.s3.model.ListObjectsV2Result;
import com.amazonaws.services.s3.model.S3ObjectSummary;
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
  @TempDir Path folder;

  @Test
  void readsEverythingFromS3AndWritesTheWholeRunThere() throws Exception {
    Path conf = SmallRun.in(folder);
    try (S3Server server = new S3Server(folder)) {
      AmazonS3 s3 = server.client();
      s3.createBucket("lethe");
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

      Submitted refused = submit(conf, "wrong-secret");
      assertThat(refused.code()).as(refused.output()).isNotZero();
      assertThat(refused.output()).doesNotContain("wrong-secret");
      assertThat(objects(s3)).noneMatch(key -> key.startsWith("run/"));

      leaveWhatAKilledPrepareLeaves(s3);
      Submitted done = submit(conf, S3Server.SECRET);
      assertThat(done.code()).as(done.output()).isZero();
      assertThat(objects(s3))
          .contains(
              "run/run.json",
              "run/corpus/manifest.json",
              "run/model/config.json",
              "run/model/model.safetensors",
              "run/steps.jsonl",
              "run/scores/evaluation.json",
              "run/report/index.html",
              "run/report/report.json")
          .noneMatch(key -> key.contains("_temporary") || key.endsWith(".draft"));
      assertThat(json(s3, "run/run.json")).isNotEmpty();
      List<String> parts = new ArrayList<>();
      json(s3, "run/corpus/manifest.json")
          .get("parts")
          .forEach(part -> parts.add("run/corpus/" + part.get("path").asText()));
      assertThat(objects(s3).stream().filter(S3IT::isChunks))
          .containsExactlyInAnyOrderElementsOf(parts);
      assertThat(done.output()).doesNotContain(S3Server.SECRET);
      for (String key : objects(s3)) {
        byte[] content = s3.getObject("lethe", key).getObjectContent().readAllBytes();
        assertThat(new String(content, StandardCharsets.ISO_8859_1))
            .as(key)
            .doesNotContain(S3Server.SECRET);
      }
    }
    assertThat(folder.resolve("run")).doesNotExist();
  }

  /** Parts that were finished and parts that were not, none of them readable, and no manifest. */
  private static void leaveWhatAKilledPrepareLeaves(AmazonS3 s3) {
    for (String part :
        List.of(
            "_temporary/0/_temporary/attempt_0/split=forget/domain=paper/part-0.parquet",
            "_temporary/0/task_0/split=forget/domain=paper/part-1.parquet",
            "split=forget/domain=paper/part-2.parquet",
            "split=retain/domain=elsewhere/part-3.parquet")) {
      s3.putObject("lethe", "run/corpus/" + part, "half of a part");
    }
  }

  private static boolean isChunks(String key) {
    return key.startsWith("run/corpus/") && key.endsWith(".parquet");
  }

  private static JsonNode json(AmazonS3 s3, String key) throws IOException {
    return new ObjectMapper().readTree(s3.getObjectAsString("lethe", key));
  }

  /** With the credentials where Amazon's provider chain looks for them. */
  private static Submitted submit(Path conf, String secret) throws Exception {
    Map<String, String> environment = new TreeMap<>();
    environment.put("AWS_ACCESS_KEY_ID", S3Server.KEY);
    environment.put("AWS_SECRET_ACCESS_KEY", secret);
    return SubmitIT.submit(environment, "run", conf.toString());
  }

  private void upload(AmazonS3 s3, String name) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve(name))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        s3.putObject("lethe", folder.relativize(file).toString(), file.toFile());
      }
    }
  }

  private static List<String> objects(AmazonS3 s3) {
    List<String> keys = new ArrayList<>();
    ListObjectsV2Request request = new ListObjectsV2Request().withBucketName("lethe");
    ListObjectsV2Result page;
    do {
      page = s3.listObjectsV2(request);
      page.getObjectSummaries().stream().map(S3ObjectSummary::getKey).forEach(keys::add);
      request.setContinuationToken(page.getNextContinuationToken());
    } while (page.isTruncated());
    return keys;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
