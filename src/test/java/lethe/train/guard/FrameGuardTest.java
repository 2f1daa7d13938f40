package lethe.train.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What gets past the guard, and that it gets past unchanged. */
class FrameGuardTest {
  private static final int HEAD = 32;
  private static final int UPLOADED = 1_000;

  private final List<String> notices = new ArrayList<>();
  private final Refusals refusals = new Refusals(notices::add);
  private boolean authenticated;
  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          new FrameGuard(
              "lethe",
              new Uploads() {
                @Override
                public int headBytes() {
                  return HEAD;
                }

                @Override
                public OptionalLong bytes(ByteBuffer head) {
                  return head.get(0) == 1 ? OptionalLong.of(UPLOADED) : OptionalLong.empty();
                }
              },
              () -> authenticated,
              new Newcomers(1, Duration.ofHours(1), refusals),
              refusals));

  @Test
  void whatAWorkerSendsArrivesUnchangedHoweverItIsCut() {
    byte[] all =
        joined(
            sasl("lethe", 0),
            sasl("lethe", 300),
            message(5_000),
            upload(1, UPLOADED),
            new byte[UPLOADED],
            stream(34),
            upload(1, UPLOADED),
            new byte[UPLOADED],
            message(1));
    for (int piece : new int[] {1, 2, 7, 100, 1_000, all.length}) {
      FrameGuardTest one = new FrameGuardTest();
      int atFirst = sasl("lethe", 0).length + sasl("lethe", 300).length - 1;
      one.say(all, 0, atFirst, piece);
      one.authenticated = true; // which the next frame brings about
      one.say(all, atFirst, all.length, piece);
      assertThat(one.passed()).as("pieces of %d bytes", piece).isEqualTo(all);
      assertThat(one.channel.isOpen()).isTrue();
    }
  }

  @Test
  void beforeItsFrameIsThereAsAWholeNothingOfANewcomerPasses() {
    byte[] frame = sasl("lethe", 300);
    say(frame, 0, frame.length - 1, 10);
    assertThat(passed()).isEmpty();
    say(frame, frame.length - 1, frame.length, 1);
    assertThat(passed()).isEqualTo(frame);
  }

  @Test
  void ofANewcomerNothingElsePasses() {
    byte[] twisted = sasl("lethe", 10);
    ByteBuffer.wrap(twisted).putInt(22, 1 << 30); // the length of the name
    byte[] longer = sasl("lethe", 10);
    ByteBuffer.wrap(longer).putInt(31, 11); // the length of what follows the name
    for (byte[] frame :
        List.of(
            message(32),
            stream(10),
            upload(1, UPLOADED),
            sasl("other", 10),
            sasl("lethe", FrameGuard.NEWCOMER_BYTES),
            twisted,
            longer)) {
      FrameGuardTest one = new FrameGuardTest();
      one.refuses(frame, "it did not begin as a worker does");
    }
  }

  @Test
  void ofAWorkerNothingElsePasses() {
    byte[] huge = message(10);
    ByteBuffer.wrap(huge).putLong(0, FrameGuard.MESSAGE_BYTES + 1L).putInt(17, 1);
    byte[] uneven = message(10);
    ByteBuffer.wrap(uneven).putInt(17, 9);
    byte[] response = message(10);
    response[8] = 4;
    String why = "it authenticated, then sent what no worker sends";
    byte[] endless = upload(1, UPLOADED); // of which as much would be held as its frame claims
    ByteBuffer.wrap(endless).putLong(0, 1L << 30);
    byte[] shorter = upload(1, UPLOADED);
    ByteBuffer.wrap(shorter).putInt(17, HEAD - 1);
    for (byte[] frame : List.of(huge, uneven, response, stream(1_000), endless, shorter)) {
      trusted().refuses(frame, why);
    }
    String wrong = "it authenticated, then announced a gradient of the wrong length";
    trusted().refuses(upload(1, UPLOADED + 1), wrong);
    trusted().refuses(upload(1, -1), wrong);
    trusted().refuses(upload(1, 1L << 40), wrong);
    trusted().refuses(upload(2, UPLOADED), wrong);
  }

  private static FrameGuardTest trusted() {
    FrameGuardTest one = new FrameGuardTest();
    one.authenticated = true;
    one.say(sasl("lethe", 1), 0, sasl("lethe", 1).length, 100);
    one.passed();
    return one;
  }

  private void refuses(byte[] frame, String why) {
    say(joined(frame, new byte[100]), 0, frame.length, 50);
    assertThat(passed()).isEmpty();
    assertThat(channel.isOpen()).isFalse();
    assertThat(notices).singleElement().asString().contains(why);
  }

  private void say(byte[] all, int from, int to, int piece) {
    for (int at = from; at < to && channel.isOpen(); at += piece) {
      channel.writeInbound(Unpooled.wrappedBuffer(all, at, Math.min(piece, to - at)));
    }
  }

  private byte[] passed() {
    CompositeByteBuf passed = Unpooled.compositeBuffer();
    for (ByteBuf next = channel.readInbound(); next != null; next = channel.readInbound()) {
      passed.addComponent(true, next);
    }
    byte[] bytes = new byte[passed.readableBytes()];
    passed.readBytes(bytes).release();
    return bytes;
  }

  private static byte[] message(int body) {
    return ByteBuffer.allocate(21 + body)
        .putLong(21 + body)
        .put((byte) 3)
        .putLong(7)
        .putInt(body)
        .put(random(body))
        .array();
  }

  private static byte[] sasl(String user, int payload) {
    byte[] name = user.getBytes(StandardCharsets.UTF_8);
    byte[] frame = message(9 + name.length + payload);
    ByteBuffer.wrap(frame)
        .position(21)
        .put((byte) 0xEA)
        .putInt(name.length)
        .put(name)
        .putInt(payload);
    return frame;
  }

  private static byte[] stream(int name) {
    return ByteBuffer.allocate(13 + name)
        .putLong(13 + name)
        .put((byte) 6)
        .putInt(name)
        .put(random(name))
        .array();
  }

  private static byte[] upload(int first, long bytes) {
    return ByteBuffer.allocate(29 + HEAD)
        .putLong(29 + HEAD)
        .put((byte) 10)
        .putLong(7)
        .putInt(HEAD)
        .put((byte) first)
        .put(new byte[HEAD - 1])
        .putLong(bytes)
        .array();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] joined(byte[]... all) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] one : all) {
      joined.writeBytes(one);
    }
    return joined.toByteArray();
  }
}
