package lethe.corpus;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionInputStream;
import org.apache.hadoop.io.compress.CompressionOutputStream;
import org.apache.hadoop.io.compress.Compressor;
import org.apache.hadoop.io.compress.Decompressor;
import org.apache.hadoop.io.compress.bzip2.BZip2DummyDecompressor;

/**
 * Reads {@code .zst} files: Hadoop's own codec works only where Hadoop's native library is, and
 * Spark has the decompressor anyway. Hadoop makes one by its name in {@link #OPTION}.
 */
public final class Zstandard implements CompressionCodec {
  /** Setting of Hadoop, or option of a Spark reader, that names this class. */
  static final String OPTION = "io.compression.codecs";

  @Override
  public CompressionInputStream createInputStream(InputStream in) throws IOException {
    // Archives made with --long have windows beyond the default limit of 128 MiB.
    return new Stream(new ZstdInputStream(in).setLongMax(31));
  }

  @Override
  public CompressionInputStream createInputStream(InputStream in, Decompressor unused)
      throws IOException {
    return createInputStream(in);
  }

  /** Hadoop asks for one and passes it back; as with its bzip2 codec, the stream does the work. */
  @Override
  public Class<? extends Decompressor> getDecompressorType() {
    return BZip2DummyDecompressor.class;
  }

  @Override
  public Decompressor createDecompressor() {
    return new BZip2DummyDecompressor();
  }

  @Override
  public String getDefaultExtension() {
    return ".zst";
  }

  /**
   * Hadoop's interface asks for it; only sources are read by this codec, and nothing is written.
   */
  @Override
  public CompressionOutputStream createOutputStream(OutputStream out) {
    throw new UnsupportedOperationException("Lethe writes no .zst files");
  }

  @Override
  public CompressionOutputStream createOutputStream(OutputStream out, Compressor compressor) {
    return createOutputStream(out);
  }

  @Override
  public Class<? extends Compressor> getCompressorType() {
    return null;
  }

  @Override
  public Compressor createCompressor() {
    return null;
  }

  private static final class Stream extends CompressionInputStream {
    Stream(InputStream in) throws IOException {
      super(in);
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      return in.read(bytes, from, count);
    }

    @Override
    public void resetState() {
      // one file a stream
    }
  }
}
