package lethe.train.exchange;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A connection of somebody who does not know the secret, and what such a peer can send. */
final class HostilePeer implements AutoCloseable {
  /** How long the driver may take to close a connection. */
  private static final int PATIENCE_MILLIS = 60_000;

  private final Socket socket;

  HostilePeer(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** Sends as much as the driver takes before it hangs up. */
  HostilePeer say(byte[]... all) {
    try {
      for (byte[] one : all) {
        socket.getOutputStream().write(one);
      }
    } catch (IOException e) {
      // the driver has hung up, as it should
    }
    return this;
  }

  /** Reads one frame of the driver. */
  byte[] answer() throws IOException {
    byte[] length = socket.getInputStream().readNBytes(8);
    return socket.getInputStream().readNBytes((int) ByteBuffer.wrap(length).getLong() - 8);
  }

  /** All that the driver says until it hangs up. */
  byte[] heard() throws IOException {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    byte[] piece = new byte[1 << 16];
    try {
      for (int n = socket.getInputStream().read(piece);
          n >= 0;
          n = socket.getInputStream().read(piece)) {
        heard.write(piece, 0, n);
      }
    } catch (SocketException e) {
      // hung up before it has read all
    }
    return heard.toByteArray();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A frame of Spark's transport. */
  static byte[] frame(int type, ByteBuffer rest) {
    return claiming(9 + rest.position(), type, rest);
  }

  /** A frame that claims some length. */
  static byte[] claiming(long length, int type, ByteBuffer rest) {
    return joined(ByteBuffer.allocate(9).putLong(length).put((byte) type).array(), bytes(rest));
  }

  static byte[] message(byte[] body) {
    return frame(3, ByteBuffer.allocate(12 + body.length).putLong(1).putInt(body.length).put(body));
  }

  /** The frame that asks for a stream. */
  static byte[] stream(String name) {
    byte[] bytes = text(name);
    return frame(6, ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes));
  }

  static byte[] upload(byte[] head, long bytes) {
    return frame(
        10,
        ByteBuffer.allocate(20 + head.length)
            .putLong(1)
            .putInt(head.length)
            .put(head)
            .putLong(bytes));
  }

  /** A message of Spark's SASL that is what it says. */
  static byte[] sasl(byte[] payload) {
    return message(saslBody(MailboxAddress.USER.length(), payload));
  }

  /** A message of Spark's SASL whose name claims some length. */
  static byte[] saslClaiming(int name) {
    return message(saslBody(name, new byte[0]));
  }

  private static byte[] saslBody(int name, byte[] payload) {
    byte[] user = text(MailboxAddress.USER);
    return ByteBuffer.allocate(9 + user.length + payload.length)
        .put((byte) 0xEA)
        .putInt(name)
        .put(user)
        .putInt(payload.length)
        .put(payload)
        .array();
  }

  private static byte[] bytes(ByteBuffer written) {
    byte[] bytes = new byte[written.position()];
    written.flip().get(bytes);
    return bytes;
  }

  static byte[] joined(byte[]... all) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] one : all) {
      joined.writeBytes(one);
    }
    return joined.toByteArray();
  }
}
