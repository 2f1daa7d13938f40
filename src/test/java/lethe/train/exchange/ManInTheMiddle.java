package lethe.train.exchange;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Stands between a worker and the driver, understands the frames of the transport, and changes one
 * thing once.
 */
final class ManInTheMiddle implements AutoCloseable {
  private static final int MESSAGE = 3;
  private static final int UPLOAD = 10;
  private static final int HEAD = 21; // where the head of a message or an upload begins

  /**
   * What a worker sends at once.
   *
   * @param bytes of the frame
   * @param body that follows an upload's frame
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Sent(byte[] bytes, byte[] body) {
    private boolean is(int type, Message.Kind kind) {
      int code = new Message(kind, 0, 0, 0, 0, 0, Slot.NONE).buffer(0).getInt(0);
      return bytes[8] == type
          && bytes.length >= HEAD + Message.BYTES
          && ByteBuffer.wrap(bytes).getInt(HEAD) == code;
    }

    void to(OutputStream driver) throws IOException {
      driver.write(bytes);
      driver.write(body);
      driver.flush();
    }
  }

  /** What can be done to what a worker sends. */
  enum Change {
    FLIPPED_BIT_IN_A_MESSAGE {
      @Override
      boolean applies(Sent sent) {
        return sent.is(MESSAGE, Message.Kind.REPORT);
      }

      @Override
      void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException {
        sent.bytes[sent.bytes.length - 1] ^= 1;
        sent.to(driver);
      }
    },
    FLIPPED_BIT_IN_A_STREAM {
      @Override
      void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException {
        sent.body[300_000] ^= 1;
        sent.to(driver);
      }
    },
    FLIPPED_BIT_IN_A_HEAD {
      @Override
      void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException {
        sent.bytes[HEAD + 19] ^= 1; // the last byte of the step
        sent.to(driver);
      }
    },
    FLIPPED_BIT_IN_A_LENGTH {
      @Override
      void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException {
        sent.bytes[2] ^= 1;
        sent.to(driver);
      }
    },
    UPLOAD_ANNOUNCED_TOO_LONG {
      @Override
      void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException {
        sent.bytes[sent.bytes.length - 6] ^= 1; // of the length of the body
        sent.to(driver);
      }
    },
    CUT_IN_THE_MIDDLE {
      @Override
      void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException {
        driver.write(sent.bytes);
        driver.write(sent.body, 0, sent.body.length / 2);
        driver.flush();
        throw new IOException("cut");
      }
    },
    GRADIENT_SENT_TWICE {
      @Override
      void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException {
        Sent announced = read(next);
        for (int i = 0; i < 2; i++) {
          sent.to(driver);
          announced.to(driver);
        }
      }
    };

    boolean applies(Sent sent) {
      return sent.is(UPLOAD, Message.Kind.PUSH);
    }

    /**
     * Hands on what is to be changed, changed.
     *
     * @param next what the worker sends next
     */
    abstract void pass(Sent sent, DataInputStream next, OutputStream driver) throws IOException;
  }

  private final ServerSocket door = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  private final AtomicBoolean done = new AtomicBoolean();
  private final Change change;
  private volatile int driver;

  ManInTheMiddle(Change change) throws IOException {
    this.change = change;
    SocketThread.start(this::serve);
  }

  /** The port to which a worker of the driver at a port is lured. */
  int before(int driversPort) {
    driver = driversPort;
    return door.getLocalPort();
  }

  /** Whether it has changed something. */
  boolean done() {
    return done.get();
  }

  private void serve() throws IOException {
    while (true) {
      Socket worker = door.accept();
      Socket behind = new Socket(InetAddress.getLoopbackAddress(), driver);
      SocketThread.start(
          () -> {
            try (worker;
                behind) {
              up(new DataInputStream(worker.getInputStream()), behind.getOutputStream());
            }
          });
      SocketThread.start(
          () -> {
            try (worker;
                behind) {
              InputStream from = behind.getInputStream();
              from.transferTo(worker.getOutputStream());
            }
          });
    }
  }

  private void up(DataInputStream worker, OutputStream behind) throws IOException {
    while (true) {
      Sent sent = read(worker);
      if (change.applies(sent) && done.compareAndSet(false, true)) {
        change.pass(sent, worker, behind);
      } else {
        sent.to(behind);
      }
    }
  }

  private static Sent read(DataInputStream worker) throws IOException {
    long length = worker.readLong();
    byte[] bytes = new byte[(int) length];
    ByteBuffer.wrap(bytes).putLong(length);
    worker.readFully(bytes, 8, bytes.length - 8);
    long body = bytes[8] == UPLOAD ? ByteBuffer.wrap(bytes).getLong(bytes.length - 8) : 0;
    return new Sent(bytes, worker.readNBytes((int) body));
  }

  @Override
  public void close() throws IOException {
    door.close();
  }
}
