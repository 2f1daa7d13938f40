package lethe.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lethe.spark.ScalaSeq;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.SparkException;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.sql.catalyst.expressions.codegen.UnsafeRowWriter;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

/** The texts as the operating system, Java and Spark of this build write them. */
class FailureTextTest {
  @Test
  void theFirstLineOfTheFirstCauseIsSaidWithoutItsClass() {
    Throwable cause = new IllegalStateException("the snapshot is gone\nand more of it");
    assertThat(FailureText.firstLine(new RuntimeException("around it", cause)))
        .isEqualTo("the snapshot is gone");
    assertThat(FailureText.firstLine(new RuntimeException())).isEmpty();
  }

  @TempDir Path folder;

  @Test
  void aFullDiskIsKnownByTheOperatingSystemsWords() {
    Throwable full =
        catchThrowable(
            () -> {
              try (OutputStream out = Files.newOutputStream(Path.of("/dev/full"))) {
                out.write(1);
              }
            });
    assertThat(full).isInstanceOf(IOException.class).matches(FailureText.DISK_FULL::in);
    assertThat(FailureText.FORBIDDEN.in(full)).isFalse();
  }

  @Test
  void aForbiddenFileIsKnownByTheOperatingSystemsWords() throws IOException {
    Path file = Files.createFile(folder.resolve("not-executable"));
    assertThat(catchThrowable(() -> new ProcessBuilder(file.toString()).start()))
        .isInstanceOf(IOException.class)
        .matches(FailureText.FORBIDDEN::in);
  }

  @Test
  void tooLittleMemoryIsKnownByTheNamesOfJavaAndSpark() {
    assertThat(FailureText.TOO_LITTLE_MEMORY.in(new OutOfMemoryError("Java heap space"))).isTrue();
    String lost = new ExecutorLostFailure("1", true, Option.empty()).toErrorString();
    assertThat(FailureText.TOO_LITTLE_MEMORY.in(lost)).as(lost).isTrue();
    Throwable row =
        catchThrowable(() -> new UnsafeRowWriter(1).write(0, new byte[8], 0, Integer.MAX_VALUE));
    assertThat(FailureText.TOO_LITTLE_MEMORY.in(row)).as(String.valueOf(row)).isTrue();
    assertThat(FailureText.TOO_LITTLE_MEMORY.in(new IOException("broken pipe"))).isFalse();
  }

  @Test
  void anExecutorWithoutOurClassesIsKnownByTheirNames() {
    Throwable missing = catchThrowable(() -> Class.forName("lethe.corpus.NotThere"));
    assertThat(missing).matches(FailureText.WITHOUT_LETHE::in);
    assertThat(FailureText.WITHOUT_LETHE.in(new NoClassDefFoundError("lethe/NotThere"))).isTrue();
    Throwable lambda =
        new ClassCastException(
            "cannot assign instance of java.lang.invoke.SerializedLambda to field org.apache.spark.rdd.MapPartitionsRDD.f of type scala.Function3");
    assertThat(lambda).matches(FailureText.WITHOUT_LETHE::in);
    Throwable other = catchThrowable(() -> Class.forName("org.apache.lethe.NotThere"));
    assertThat(FailureText.WITHOUT_LETHE.in(other)).as("a connector's").isFalse();
  }

  @Test
  void aCodecIsKnownByTheNameOfItsClass() {
    assertThat(FailureText.CODEC.in(CompressionCodec.class.getName())).isTrue();
    assertThat(FailureText.CODEC.in(new IOException("broken pipe"))).isFalse();
  }

  @Test
  void aNameOfSeveralColumnsIsKnownBySparksErrorClasses() {
    Throwable twice = QueryCompilationErrors.columnAlreadyExistsError("`a`");
    Throwable either = QueryCompilationErrors.ambiguousReferenceToFieldsError("a", 2);
    assertThat(twice).matches(FailureText.SEVERAL_COLUMNS::in);
    assertThat(either).matches(FailureText.SEVERAL_COLUMNS::in);
    assertThat(FailureText.SEVERAL_COLUMNS.in(new IOException("broken pipe"))).isFalse();
  }

  @Test
  void theFirstCauseIsTheLineWithAnExceptionsClass() {
    IOException cause = new IOException("Cannot read a.gz: unexpected end");
    String task =
        new ExceptionFailure(cause, ScalaSeq.of(List.<AccumulableInfo>of())).toErrorString();
    SparkException failure =
        new SparkException("Job aborted due to stage failure: Task 0 failed 1 times:\n" + task);
    assertThat(FailureText.firstCause(failure.getMessage())).isEqualTo(cause.toString());
    assertThat(FailureText.firstCause("no class here\nnor here")).isEqualTo("no class here");
  }
}
