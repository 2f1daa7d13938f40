package lethe.train.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import lethe.train.exchange.Message;
import lethe.train.exchange.Message.Kind;
import lethe.train.exchange.Slot;
import org.junit.jupiter.api.Test;

class MessageCipherTest {
  private static final byte[] PAYLOAD = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  private static final int SEALED = 12 + PAYLOAD.length + 16;

  private final MessageCipher cipher = MessageCipher.of("secret", Message.BYTES);

  @Test
  void questionsAndAnswersComeOutAsTheyWentIn() {
    ByteBuffer travels = cipher.sealRequest(question(7));
    assertThat(travels.remaining()).isEqualTo(Message.BYTES + SEALED);
    assertThat(cipher.openRequest(travels)).isEqualTo(question(7));
    byte[] head = cipher.head(question(7));
    ByteBuffer answer = cipher.sealResponse(head, ByteBuffer.wrap(PAYLOAD));
    assertThat(answer.remaining()).isEqualTo(SEALED);
    assertThat(cipher.openResponse(head, answer)).isEqualTo(ByteBuffer.wrap(PAYLOAD));
    assertThat(
            cipher
                .openResponse(head, cipher.sealResponse(head, ByteBuffer.allocate(0)))
                .remaining())
        .isZero();
  }

  @Test
  void anyChangedBitIsRefused() {
    byte[] travels = bytes(cipher.sealRequest(question(7)));
    for (int bit = 0; bit < 8 * travels.length; bit++) {
      byte[] changed = travels.clone();
      changed[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> cipher.openRequest(ByteBuffer.wrap(changed)))
          .as("bit " + bit)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Refused a message");
    }
    for (int length = 0; length < travels.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(travels, 0, length);
      assertThatThrownBy(() -> cipher.openRequest(cut)).hasMessageContaining("Refused a message");
    }
  }

  @Test
  void anAnswerFitsItsOwnQuestionOnlyAndIsNoQuestion() {
    byte[] answer = bytes(cipher.sealResponse(cipher.head(question(7)), ByteBuffer.wrap(PAYLOAD)));
    assertThatThrownBy(() -> cipher.openResponse(cipher.head(question(8)), ByteBuffer.wrap(answer)))
        .hasMessageContaining("Refused a message");
    byte[] head = cipher.head(question(7));
    ByteBuffer reflected = ByteBuffer.allocate(head.length + answer.length).put(head).put(answer);
    assertThatThrownBy(() -> cipher.openRequest(reflected.flip()))
        .hasMessageContaining("Refused a message");
  }

  @Test
  void whoDoesNotKnowTheSecretReadsNothing() {
    ByteBuffer travels = cipher.sealRequest(question(7));
    assertThatThrownBy(() -> MessageCipher.of("guess", Message.BYTES).openRequest(travels))
        .hasMessageContaining("Refused a message");
    assertThat(bytes(cipher.sealRequest(question(7))))
        .as("no two messages are alike")
        .isNotEqualTo(bytes(cipher.sealRequest(question(7))));
  }

  /** The format, read by hand: SHA-256 of the secret as key, nonce, then ciphertext and tag. */
  @Test
  void isAesGcmAsDocumented() throws Exception {
    byte[] travels = bytes(cipher.sealRequest(question(7)));
    byte[] key =
        MessageDigest.getInstance("SHA-256")
            .digest("lethe exchange secret".getBytes(StandardCharsets.UTF_8));
    Cipher cipher = Cipher.getInstance("AES_256/GCM/NoPadding");
    cipher.init(
        Cipher.DECRYPT_MODE,
        new SecretKeySpec(key, "AES"),
        new GCMParameterSpec(128, travels, Message.BYTES, 12));
    cipher.updateAAD(travels, 0, Message.BYTES);
    assertThat(cipher.doFinal(travels, Message.BYTES + 12, travels.length - Message.BYTES - 12))
        .isEqualTo(PAYLOAD);
  }

  private static ByteBuffer question(int bucket) {
    return new Message(Kind.PUSH, 1, 2, 3, 4, 5, new Slot(0, bucket))
        .buffer(PAYLOAD.length)
        .put(PAYLOAD)
        .flip();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
