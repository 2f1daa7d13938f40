package lethe.train.exchange;

import static lethe.train.exchange.HostilePeer.claiming;
import static lethe.train.exchange.HostilePeer.frame;
import static lethe.train.exchange.HostilePeer.joined;
import static lethe.train.exchange.HostilePeer.message;
import static lethe.train.exchange.HostilePeer.sasl;
import static lethe.train.exchange.HostilePeer.saslClaiming;
import static lethe.train.exchange.HostilePeer.stream;
import static lethe.train.exchange.HostilePeer.text;
import static lethe.train.exchange.HostilePeer.upload;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import lethe.train.exchange.Message.Kind;
import lethe.train.gradient.ShardTree;

/** What a peer without the secret can do to the driver's port. Each ends when it is hung up on. */
enum Attack {
  GARBAGE(saying(random(100_000))),
  HTTP(saying(text("GET / HTTP/1.1\r\nHost: driver\r\nAccept: */*\r\n\r\n"))),
  TLS(saying(joined(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 252, 3, 3}, random(508)))),
  LENGTH_0(saying(claiming(0, 3, ByteBuffer.allocate(0)))),
  LENGTH_NEGATIVE(saying(claiming(-5, 3, ByteBuffer.allocate(0)))),
  LENGTH_HUGE(saying(claiming(1L << 62, 3, ByteBuffer.allocate(0)))),
  TYPE_99(saying(frame(99, ByteBuffer.allocate(20).position(20)))),
  HELLO(saying(message(head(Kind.HELLO)))),
  PULL(saying(message(head(Kind.PULL)))),
  PUSH(saying(message(head(Kind.PUSH)))),
  REPORT(saying(message(head(Kind.REPORT)))),
  PROBE(saying(message(head(Kind.PROBE)))),
  UNABLE(saying(message(head(Kind.UNABLE)))),
  ONE_WAY(saying(frame(9, ByteBuffer.allocate(36).putInt(32).put(head(Kind.PUSH))))),
  CHUNK(saying(frame(0, ByteBuffer.allocate(12).putLong(0).putInt(0)))),
  MERGED_BLOCK(saying(frame(11, ByteBuffer.allocate(40).position(40)))),
  UPLOAD(saying(upload(head(Kind.PUSH), 400_000), random(400_000))),
  UPLOAD_OF_1_TB(saying(upload(head(Kind.PUSH), 1L << 40), random(100_000))),
  STREAM(saying(stream("0123456789abcdef0123456789abcdef/0"))),
  STREAMS_OF_ODD_NAMES(
      port -> {
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        for (String name : List.of("", "/", "../../etc/passwd", "a/b/c", "null/0", "x/-1")) {
          heard.writeBytes(spoken(port, stream(name)));
        }
        return heard.toByteArray();
      }),
  STREAM_NAME_OF_2_31(saying(frame(6, ByteBuffer.allocate(4).putInt(Integer.MAX_VALUE)))),
  SASL_NAME_OF_1_GB(
      port -> {
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        for (int i = 0; i < 60; i++) {
          heard.writeBytes(spoken(port, saslClaiming(1 << 30)));
        }
        return heard.toByteArray();
      }),
  SASL_NAMES_OF_700_MB(port -> atOnce(port, 100, peer -> peer.say(saslClaiming(700_000_000)))),
  AUTH_NAME_OF_1_GB(
      saying(message(ByteBuffer.allocate(9).put((byte) 0xFB).putInt(1 << 30).putInt(0).array()))),
  WRONG_RESPONSE(
      port -> {
        try (HostilePeer peer = new HostilePeer(port)) {
          byte[] challenge = peer.say(sasl(new byte[0])).answer();
          peer.say(sasl(text("username=\"lethe\",response=00000000000000000000000000000000")));
          return joined(challenge, peer.heard());
        }
      }),
  RIGHT_BEGINNING_THEN_GARBAGE(
      port -> {
        try (HostilePeer peer = new HostilePeer(port)) {
          byte[] challenge = peer.say(sasl(new byte[0])).answer();
          return joined(challenge, peer.say(random(100_000)).heard());
        }
      }),
  REQUESTS_20_000(
      port -> {
        byte[][] all = new byte[20_000][];
        Arrays.fill(all, message(head(Kind.PULL)));
        return spoken(port, joined(all));
      }),
  BEGINNINGS_20_000(
      port -> {
        byte[][] all = new byte[20_000][];
        Arrays.fill(all, sasl(new byte[0]));
        return spoken(port, joined(all));
      }),
  IDLE_500(port -> atOnce(port, 500, peer -> {})),
  SLOW_500(
      port ->
          atOnce(
              port,
              500,
              peer -> {
                for (byte one : Arrays.copyOf(sasl(new byte[100]), 40)) {
                  peer.say(new byte[] {one});
                }
              })),
  UNFINISHED_200_MB(
      port -> {
        byte[] piece = new byte[1 << 20];
        byte[] begin = claiming(1 << 30, 3, ByteBuffer.allocate(0));
        return atOnce(
            port,
            12,
            peer -> peer.say(begin).say(Collections.nCopies(200, piece).toArray(new byte[0][])));
      });

  /** What is done to a port; returns all that was answered. */
  private interface Action {
    byte[] on(int port) throws IOException;
  }

  @SuppressWarnings("ImmutableEnumChecker") // what the actions hold is not changed
  private final Action action;

  Attack(Action action) {
    this.action = action;
  }

  byte[] on(int port) throws IOException {
    return action.on(port);
  }

  private static Action saying(byte[]... all) {
    return port -> spoken(port, all);
  }

  private static byte[] spoken(int port, byte[]... all) throws IOException {
    try (HostilePeer peer = new HostilePeer(port)) {
      return peer.say(all).heard();
    }
  }

  /** Many connections that are open at the same time. */
  private static byte[] atOnce(int port, int count, Consumer<HostilePeer> does) throws IOException {
    List<HostilePeer> peers = new ArrayList<>();
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    try {
      for (int i = 0; i < count; i++) {
        peers.add(new HostilePeer(port));
      }
      peers.forEach(does);
      for (HostilePeer peer : peers) {
        heard.writeBytes(peer.heard());
      }
    } finally {
      for (HostilePeer peer : peers) {
        peer.close();
      }
    }
    return heard.toByteArray();
  }

  private static byte[] head(Kind kind) {
    return new Message(kind, 0, 0, 0, 0, ShardTree.ROOT, Slot.NONE).buffer(0).array();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
