package lethe;

import java.nio.charset.StandardCharsets;
import lethe.corpus.token.Tokenizer;
import lethe.model.torch.NativeEngine;
import lethe.spark.SparkInUse;

/**
 * Unpacks the native libraries of PyTorch and of the tokenizer into {@code DJL_CACHE_DIR}, where
 * the processes of an image then find them. The Dockerfile runs it.
 */
public final class UnpackLibraries {
  private static final String TOKENIZER =
      "{\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0}, \"unk_token\": \"a\"}}";

  private UnpackLibraries() {}

  public static void main(String[] none) {
    SparkInUse.mismatch()
        .ifPresent(
            otherSpark -> {
              System.err.println(otherSpark);
              System.exit(2);
            });
    NativeEngine.start(1);
    Tokenizer.of(TOKENIZER.getBytes(StandardCharsets.UTF_8));
    System.out.println("Unpacked " + NativeEngine.version());
  }
}
