package lethe.train.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import lethe.train.exchange.IncomingBucket;
import lethe.train.exchange.Message;
import lethe.train.exchange.OutgoingBucket;
import lethe.train.gradient.WireFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients and weights as they travel, sealed. */
class SegmentCipherTest {
  private static final int HEADER = 40;
  private static final int SEGMENT = SegmentCipher.SEGMENT_BYTES + 16;
  private static final int ELEMENTS = SegmentCipher.SEGMENT_BYTES / 4;
  private static final byte[] BOUND = {1, 2, 3};

  private final MessageCipher cipher = MessageCipher.of("secret", Message.BYTES);

  @ParameterizedTest
  @ValueSource(ints = {1, ELEMENTS - 1, ELEMENTS, ELEMENTS + 1, 2 * ELEMENTS, 2 * ELEMENTS + 5})
  void comesOutAsItWentIn(int elements) throws IOException {
    byte[] travels = travels(elements);
    int segments = (elements + ELEMENTS - 1) / ELEMENTS;
    assertThat(travels).hasSize(HEADER + 4 * elements + 16 * segments);
    for (int piece : new int[] {1 << 10, 65_536, 1 << 20}) {
      assertThat(arrives(cipher, travels, BOUND, elements, piece)).isEqualTo(values(elements));
    }
    assertThat(travels(elements)).as("no two streams are alike").isNotEqualTo(travels);
  }

  @Test
  void whatIsChangedCutExchangedOrMeantForAnotherIsRefused() throws IOException {
    int elements = 2 * ELEMENTS + 5;
    byte[] travels = travels(elements);
    for (int at = 0; at <= HEADER; at++) {
      refuses(changed(travels, at), BOUND, elements, "byte " + at);
    }
    for (int at : new int[] {HEADER + SEGMENT, HEADER + 2 * SEGMENT - 1, travels.length - 1}) {
      refuses(changed(travels, at), BOUND, elements, "byte " + at);
    }
    refuses(Arrays.copyOf(travels, travels.length - 1), BOUND, elements, "the last byte missing");
    refuses(
        Arrays.copyOf(travels, HEADER + 2 * SEGMENT), BOUND, elements, "the last segment missing");
    refuses(Arrays.copyOf(travels, HEADER), BOUND, elements, "all segments missing");
    refuses(Arrays.copyOf(travels, HEADER - 1), BOUND, elements, "half a header");
    refuses(new byte[0], BOUND, elements, "nothing");
    byte[] exchanged = travels.clone();
    System.arraycopy(travels, HEADER, exchanged, HEADER + SEGMENT, SEGMENT);
    System.arraycopy(travels, HEADER + SEGMENT, exchanged, HEADER, SEGMENT);
    refuses(exchanged, BOUND, elements, "segments exchanged");
    refuses(travels, new byte[] {1, 2, 4}, elements, "another stream");
    assertThatThrownBy(
            () -> arrives(MessageCipher.of("guess", Message.BYTES), travels, BOUND, elements, 4096))
        .hasMessageContaining("Refused a message");
  }

  /** The format, read by hand. */
  @Test
  void isAesGcmAsDocumented() throws Exception {
    byte[] travels = travels(ELEMENTS + 1);
    byte[] launch =
        MessageDigest.getInstance("SHA-256")
            .digest("lethe streams secret".getBytes(StandardCharsets.UTF_8));
    byte[] extracted = hmac(Arrays.copyOfRange(travels, 1, 33), launch); // HKDF, RFC 5869
    byte[] key = hmac(extracted, new byte[] {1, 2, 3, 1}); // what it is bound to, and block one
    byte[] second = Arrays.copyOf(Arrays.copyOfRange(travels, 33, HEADER), 12);
    second[10] = 1; // the number of the segment
    second[11] = 1; // the last
    Cipher cipher = Cipher.getInstance("AES_256/GCM/NoPadding");
    cipher.init(
        Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, second));
    byte[] clear = cipher.doFinal(travels, HEADER + SEGMENT, 4 + 16);
    assertThat(travels[0]).isEqualTo((byte) HEADER);
    assertThat(ByteBuffer.wrap(clear).order(java.nio.ByteOrder.LITTLE_ENDIAN).getFloat())
        .isEqualTo(values(ELEMENTS + 1)[ELEMENTS]);
  }

  private static byte[] hmac(byte[] key, byte[] text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text);
  }

  private static byte[] changed(byte[] travels, int at) {
    byte[] changed = travels.clone();
    changed[at] ^= 1;
    return changed;
  }

  private void refuses(byte[] travels, byte[] bound, int elements, String what) {
    assertThatThrownBy(() -> arrives(cipher, travels, bound, elements, 65_536))
        .as(what)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Refused a message");
  }

  private byte[] travels(int elements) {
    return new OutgoingBucket(values(elements), WireFormat.FLOAT32)
        .sealed(cipher, BOUND)
        .nioByteBuffer()
        .array();
  }

  private static float[] arrives(
      MessageCipher cipher, byte[] travels, byte[] bound, int elements, int piece)
      throws IOException {
    IncomingBucket incoming = new IncomingBucket("it", WireFormat.FLOAT32, new float[elements]);
    var stream = cipher.decrypting(bound, incoming);
    for (int at = 0; at < travels.length; at += piece) {
      stream.onData("it", ByteBuffer.wrap(travels, at, Math.min(piece, travels.length - at)));
    }
    stream.onComplete("it");
    return incoming.whole().join();
  }

  private static float[] values(int elements) {
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = 0.37f * i - 5;
    }
    return values;
  }
}
