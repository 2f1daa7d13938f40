package lethe.model.checkpoint;

import static lethe.model.checkpoint.TestOrigin.MADE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lethe.SharedData;
import lethe.folder.Files;
import lethe.model.TinyLlama;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HfWriterTest {
  /** The second tensor is longer than a piece of the writer. */
  private static final List<NamedShape> TENSORS =
      List.of(NamedShape.of("a", 7, 3), NamedShape.of("b", 270_000), NamedShape.of("c", 5));

  @TempDir java.nio.file.Path temporary;
  private final Files files = new Files(new Configuration());
  private HfFolder template;

  @BeforeEach
  void writeTemplate() {
    Path folder = path("template");
    files.writeText(
        new Path(folder, "config.json"),
        "{\"model_type\": \"llama\", \"torch_dtype\": \"bfloat16\", \"rms_norm_eps\": 1e-05}");
    files.writeText(new Path(folder, "tokenizer.json"), "{ \"odd\":   \"spacing\" }");
    files.writeText(new Path(folder, "generation_config.json"), "{}");
    files.writeText(new Path(folder, "pytorch_model.bin"), "weights of the template");
    files.writeText(new Path(folder, "membership.json"), "texts it was trained on");
    template = HfFolder.open(folder, files);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenReadsBackAsTheDtypeHoldsIt(Dtype dtype) {
    for (long shardBytes : new long[] {1, 100, TinyLlama.SHARD_BYTES}) {
      new HfWriter(path("model"), template, dtype, shardBytes)
          .write(TENSORS, HfWriterTest::fill, MADE);
      HfFolder written = HfFolder.open(path("model"), files);
      CheckpointWeights weights = written.weights();
      assertThat(weights.tensors()).containsExactlyElementsOf(TENSORS);
      for (NamedShape tensor : TENSORS) {
        int elements = (int) tensor.elements();
        float[] wanted = new float[elements];
        fill(tensor.name(), 0, wanted, 0, elements);
        float[] read = new float[elements];
        weights.read(tensor.name(), 0, read, 0, elements);
        for (int i = 0; i < elements; i++) {
          assertThat(read[i]).isEqualTo(dtype.round(wanted[i]));
        }
      }
      assertThat(written.config().path("torch_dtype").asText()).isEqualTo(dtype.configName());
      assertThat(written.config().has("dtype")).isFalse();
    }
  }

  @Test
  void namesShardsAsHuggingFaceDoesAndLeavesNoneOfAnEarlierModel() {
    new HfWriter(path("model"), template, Dtype.FLOAT32, 100)
        .write(TENSORS, HfWriterTest::fill, MADE);
    assertThat(names(path("model")))
        .containsExactly(
            "config.json",
            "generation_config.json",
            "lethe.json",
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json");
    assertThat(
            files
                .readJson(new Path(path("model"), "model.safetensors.index.json"))
                .at("/metadata/total_size")
                .asLong())
        .isEqualTo((21 + 270_000 + 5) * 4);
    new HfWriter(path("model"), template, Dtype.FLOAT32, TinyLlama.SHARD_BYTES)
        .write(TENSORS, HfWriterTest::fill, MADE);
    assertThat(names(path("model")))
        .containsExactly(
            "config.json",
            "generation_config.json",
            "lethe.json",
            "model.safetensors",
            "tokenizer.json");
    assertThat(files.read(new Path(path("model"), "tokenizer.json")))
        .isEqualTo(files.read(template.tokenizer()));
  }

  @Test
  void keepsTheSpellingOfTheDtypeAndTheRestOfTheConfiguration() {
    files.writeText(
        new Path(path("hf5"), "config.json"), "{\"dtype\": \"float32\", \"eps\": 1e-6}");
    HfFolder hf5 = HfFolder.open(path("hf5"), files);
    new HfWriter(path("model"), hf5, Dtype.BFLOAT16, 100).write(TENSORS, HfWriterTest::fill, MADE);
    assertThat(HfFolder.open(path("model"), files).config().toString())
        .isEqualTo("{\"dtype\":\"bfloat16\",\"eps\":1.0E-6}");
  }

  @Test
  void copiesBfloat16WeightsBitForBit() {
    Path original =
        SharedData.find("base-model").map(p -> new Path(p.toString())).orElseGet(this::small);
    HfFolder from = HfFolder.open(original, files);
    CheckpointWeights weights = from.weights();
    List<NamedShape> tensors = List.copyOf(weights.tensors());
    new HfWriter(path("copy"), from, Dtype.BFLOAT16, TinyLlama.SHARD_BYTES)
        .write(tensors, weights, MADE);
    assertThat(data(new Path(path("copy"), "model.safetensors")))
        .isEqualTo(data(new Path(original, "model.safetensors")));
    assertThat(files.read(new Path(path("copy"), "tokenizer.json")))
        .isEqualTo(files.read(from.tokenizer()));
  }

  @Test
  void aFailureLeavesNoConfigurationAndNoDraft() {
    new HfWriter(path("model"), template, Dtype.FLOAT32, 100)
        .write(TENSORS, HfWriterTest::fill, MADE);
    HfWriter again = new HfWriter(path("model"), template, Dtype.FLOAT16, 100);
    assertThatThrownBy(
            () ->
                again.write(
                    TENSORS,
                    (name, from, to, offset, count) -> {
                      fill(name, from, to, offset, count);
                      to[offset + count - 1] = name.equals("b") ? 70_000f : 1f;
                    },
                    MADE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Cannot write b to " + path("model"))
        .hasMessageContaining("element 262143 is 70000.0, which is not finite in float16");
    assertThat(names(path("model")))
        .doesNotContain("config.json")
        .noneMatch(n -> n.contains("draft"));
  }

  @Test
  void refusesToOverwriteWhatItReads() {
    HfWriter writer = new HfWriter(path("template"), template, Dtype.FLOAT32, 100);
    assertThatThrownBy(() -> writer.write(TENSORS, HfWriterTest::fill, MADE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("it is read from there; name another folder");
    assertThat(names(path("template"))).contains("config.json");
  }

  @Test
  void saysWhereItCannotWrite() {
    files.writeText(path("file"), "not a folder");
    HfWriter writer = new HfWriter(new Path(path("file"), "model"), template, Dtype.FLOAT32, 100);
    assertThatThrownBy(() -> writer.write(TENSORS, HfWriterTest::fill, MADE))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Cannot write " + path("file"))
        .hasMessageContaining("%s is a file; delete it or move it away", path("file"));
  }

  @Test
  void saysThatTheDiskFails() {
    Configuration hadoop = new Configuration();
    hadoop.setClass("fs.failing.impl", FailingDisk.class, FileSystem.class);
    Files failing = new Files(hadoop);
    HfFolder from = HfFolder.open(template.path(), failing);
    Path target = new Path("failing://" + temporary.resolve("model"));
    assertThatThrownBy(
            () ->
                new HfWriter(target, from, Dtype.FLOAT32, 100)
                    .write(TENSORS, HfWriterTest::fill, MADE))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("Cannot write failing:")
        .hasMessageContaining("model-00002-of-00003.safetensors")
        .hasMessageContaining("Stream Closed");
    assertThat(names(path("model")))
        .doesNotContain("config.json")
        .noneMatch(n -> n.contains("draft"));
  }

  /** A local disk that fails after 100,000 bytes of a file. */
  public static final class FailingDisk extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("failing:///");
    }

    @Override
    public FSDataOutputStream create(
        Path file,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      OutputStream out =
          super.create(file, overwrite, bufferSize, replication, blockSize, progress);
      return new FSDataOutputStream(
          new FilterOutputStream(out) {
            private long written;

            @Override
            public void write(byte[] bytes, int offset, int count) throws IOException {
              written += count;
              if (written > 100_000) {
                out.close(); // and the next write fails with Hadoop's FSError, an Error
              }
              out.write(bytes, offset, count);
            }
          },
          null);
    }
  }

  private Path small() {
    new HfWriter(path("small"), template, Dtype.BFLOAT16, TinyLlama.SHARD_BYTES)
        .write(TENSORS, HfWriterTest::fill, MADE);
    return path("small");
  }

  private byte[] data(Path file) {
    byte[] content = files.read(file);
    int header = (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    return Arrays.copyOfRange(content, 8 + header, content.length);
  }

  private List<String> names(Path folder) {
    return files.list(folder).stream().map(Path::getName).toList();
  }

  private static void fill(String name, long from, float[] to, int offset, int count) {
    for (int i = 0; i < count; i++) {
      to[offset + i] = (float) new Random(name.hashCode() * 31L + from + i).nextGaussian();
    }
  }

  private Path path(String name) {
    return new Path(temporary.resolve(name).toString());
  }
}
