package lethe.train.exchange;

import java.io.IOException;

/** A thread that passes on what a socket says, until somebody hangs up. */
final class SocketThread {
  private SocketThread() {}

  interface Work {
    void run() throws IOException;
  }

  static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // somebody has hung up
              }
            });
    thread.setDaemon(true);
    thread.start();
  }
}
