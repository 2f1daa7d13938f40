package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import lethe.model.NamedShape;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.util.TransportConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener on the network sees of the exchange, and who may join it. */
class TransportTest {
  private static final Layout LAYOUT =
      Layout.of(
          List.of(NamedShape.of("w", 1_000)), new Names(List.of()), new Names(List.of()), 1_000);

  private static final float WEIGHT = 1234.5f;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void weightsCrossTheNetworkInTheClearOnlyWhereThatIsAskedFor(boolean encrypted) throws Exception {
    Map<String, String> settings =
        Map.of("spark.network.crypto.enabled", String.valueOf(encrypted));
    float[] weights = new float[1_000];
    Arrays.fill(weights, WEIGHT);
    TransportConf conf = Endpoint.transport(settings);
    try (LocalExchange exchange = exchange(weights);
        TransportContext context =
            new TransportContext(
                conf, new SealedHandler(exchange.aggregator, Endpoint.seal(settings, "secret")));
        TransportServer server =
            context.createServer(
                "127.0.0.1", 0, List.of(new AuthServerBootstrap(conf, Endpoint.keys("secret"))));
        Listener listener = new Listener(server.getPort())) {
      Endpoint endpoint = new Endpoint("127.0.0.1", listener.port(), 0, "secret", settings);
      try (AggregatorClient client = new AggregatorClient(endpoint, 0, 0)) {
        client.hello(Exchange.greeting(LAYOUT, 1, Wire.FLOAT32, Separation.JOINED), "here");
        client.pull(
            0, LAYOUT, 1, Wire.FLOAT32, (values, b) -> assertThat(values).containsExactly(weights));
      }
      ByteBuffer four = ByteBuffer.allocate(16);
      Wire.FLOAT32.encode(new float[] {WEIGHT, WEIGHT, WEIGHT, WEIGHT}, four);
      String pattern = HexFormat.of().formatHex(four.array());
      assertThat(listener.seen().length()).as("hexadecimal digits seen").isGreaterThan(8_000);
      assertThat(listener.seen().contains(pattern)).as("weights seen").isEqualTo(!encrypted);
      Endpoint stranger = new Endpoint("127.0.0.1", listener.port(), 0, "guess", settings);
      assertThatThrownBy(() -> new AggregatorClient(stranger, 0, 0))
          .hasMessageContaining("Cannot reach the driver at 127.0.0.1");
    }
  }

  private static LocalExchange exchange(float[] weights) {
    Schedule schedule = new Schedule(0.1, 10, 0, Schedule.Decay.CONSTANT);
    return new LocalExchange(
        new Exchange(LAYOUT, schedule, Wire.FLOAT32, Separation.JOINED, 0, 1),
        new AdamW(LAYOUT, new float[][] {weights}, 1, 0),
        (step, reports, bytes) -> {});
  }

  /** Stands between a worker and the driver and keeps what the driver says. */
  private static final class Listener implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private final int behind;

    Listener(int behind) throws IOException {
      this.behind = behind;
      start(this::serve);
    }

    int port() {
      return door.getLocalPort();
    }

    String seen() {
      synchronized (heard) {
        return HexFormat.of().formatHex(heard.toByteArray());
      }
    }

    private interface Work {
      void run() throws IOException;
    }

    private static void start(Work work) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  work.run();
                } catch (IOException e) {
                  // one of the two has hung up
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    private void serve() throws IOException {
      while (true) {
        Socket worker = door.accept();
        Socket driver = new Socket(InetAddress.getLoopbackAddress(), behind);
        start(() -> pass(worker.getInputStream(), driver.getOutputStream(), false));
        start(() -> pass(driver.getInputStream(), worker.getOutputStream(), true));
      }
    }

    private void pass(InputStream from, OutputStream to, boolean keep) throws IOException {
      byte[] buffer = new byte[1 << 16];
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        if (keep) {
          synchronized (heard) {
            heard.write(buffer, 0, n);
          }
        }
        to.write(buffer, 0, n);
        to.flush();
      }
    }

    @Override
    public void close() throws IOException {
      door.close();
    }
  }
}
