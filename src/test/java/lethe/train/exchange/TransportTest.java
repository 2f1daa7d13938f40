package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import lethe.model.checkpoint.NamedShape;
import lethe.spark.SparkInUse;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.server.NoOpRpcHandler;
import org.apache.spark.network.server.OneForOneStreamManager;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;
import org.apache.spark.package$;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener on the network sees of the exchange, and who may join it. */
class TransportTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 1_000)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          1_000);

  private static final float WEIGHT = 1234.5f;
  private static final float GRADIENT = -0.625f;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void weightsAndGradientsCrossTheNetworkInTheClearOnlyWhereThatIsAskedFor(boolean encrypted)
      throws Exception {
    Map<String, String> settings =
        Map.of("spark.network.crypto.enabled", String.valueOf(encrypted));
    float[] weights = filled(WEIGHT);
    try (LocalExchange exchange = exchange(weights.clone());
        MailboxServer server = server(exchange, settings);
        Listener listener = new Listener(server.port())) {
      MailboxAddress address =
          new MailboxAddress("127.0.0.1", listener.port(), 0, "secret", settings);
      try (MailboxClient client = new MailboxClient(address, 0, 0)) {
        client.hello(
            ExchangeSpec.greeting(
                LAYOUT, 1, WireFormat.FLOAT32, GradientMode.SUMMED, Sharpness.NONE),
            "here",
            "");
        client.pull(
            0,
            LAYOUT,
            WireFormat.FLOAT32,
            (values, b) -> assertThat(values).containsExactly(weights));
        client.report(0, new WorkerReport(new double[] {1}, new long[] {1}, 1, 1));
        WholeGradient.send(client, 0, LAYOUT, WireFormat.FLOAT32, new float[][] {filled(GRADIENT)});
        client.pull(
            1,
            LAYOUT,
            WireFormat.FLOAT32,
            (values, b) -> assertThat(values).doesNotContain(WEIGHT)); // the gradient was applied
      }
      assertThat(listener.seen().length()).as("hexadecimal digits seen").isGreaterThan(24_000);
      assertThat(listener.seen().contains(four(WEIGHT))).as("weights").isEqualTo(!encrypted);
      assertThat(listener.seen().contains(four(GRADIENT))).as("gradient").isEqualTo(!encrypted);
      MailboxAddress stranger =
          new MailboxAddress("127.0.0.1", listener.port(), 0, "guess", settings);
      assertThatThrownBy(() -> new MailboxClient(stranger, 0, 0))
          .hasMessageContaining("Cannot reach the driver at 127.0.0.1")
          .hasMessageContaining("Refused: the secret of this launch is another");
    }
  }

  @Test
  void whoDoesNotKnowTheSecretGetsNoWeightsAndLeavesNoGradient() throws Exception {
    TransportConf conf = MailboxAddress.transport(Map.of());
    try (LocalExchange exchange = exchange(filled(WEIGHT));
        MailboxServer server = server(exchange, Map.of());
        TransportContext own = new TransportContext(conf, new NoOpRpcHandler());
        TransportClientFactory clients = own.createClientFactory()) {
      exchange.hello(0, 0, "here").join();
      String name = exchange.key(0, 0, 0).join() + "/0";
      IncomingBucket weights = new IncomingBucket(name, WireFormat.FLOAT32, new float[1_000]);
      clients.createClient("127.0.0.1", server.port()).stream(name, weights);
      assertThatThrownBy(() -> weights.whole().get(10, TimeUnit.SECONDS))
          .hasMessageContaining("closed");

      Message head = new Message(Message.Kind.PUSH, 0, 0, 0, 0, ShardTree.ROOT, Slot.NONE);
      CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
      clients
          .createClient("127.0.0.1", server.port())
          .uploadStream(
              new NioManagedBuffer(head.buffer(0).flip()),
              new OutgoingBucket(filled(GRADIENT), WireFormat.FLOAT32),
              LocalExchange.to(answer));
      assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS)).hasMessageContaining("closed");
    }
  }

  /** A firewall forgets a connection that is silent; what is looked at is Linux's own list. */
  @Test
  void bothEndsProbeAConnectionThatIsSilent() throws Exception {
    try (LocalExchange exchange = exchange(filled(WEIGHT));
        MailboxServer server = server(exchange, Map.of())) {
      MailboxAddress address =
          new MailboxAddress("127.0.0.1", server.port(), 0, "secret", Map.of());
      try (MailboxClient client = new MailboxClient(address, 0, 0)) {
        client.hello(
            ExchangeSpec.greeting(
                LAYOUT, 1, WireFormat.FLOAT32, GradientMode.SUMMED, Sharpness.NONE),
            "here",
            "");
        String port = ":%04X".formatted(server.port());
        List<String> probed =
            Stream.of("tcp", "tcp6")
                .flatMap(kind -> lines(Path.of("/proc/net", kind)))
                .map(line -> line.trim().split("\\s+"))
                .filter(field -> field[1].endsWith(port) || field[2].endsWith(port))
                .filter(field -> field[3].equals("01")) // connected
                .map(field -> field[5]) // which timer runs, and hundredths of a second to go
                .toList();
        assertThat(probed)
            .hasSize(2)
            .allMatch(timer -> timer.startsWith("02:"), "of keepalive")
            .allMatch(timer -> Integer.parseInt(timer.substring(3), 16) <= 2_000, "within 20 s");
      }
    }
  }

  private static Stream<String> lines(Path path) {
    try {
      return Files.readAllLines(path).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a Spark loses messages so (SPARK-56227) decides whether Lethe refuses the setting. */
  @Test
  void theAesGcmOfThisSparkCarriesAsManyMessagesAsIsSaidOfIt() throws Exception {
    TransportConf conf =
        new TransportConf(
            "test",
            new MapConfigProvider(
                Map.of(
                    "spark.network.crypto.enabled", "true",
                    "spark.network.crypto.cipher", "AES/GCM/NoPadding")));
    RpcHandler echo =
        new RpcHandler() {
          @Override
          public void receive(TransportClient from, ByteBuffer message, RpcResponseCallback back) {
            back.onSuccess(message);
          }

          @Override
          public StreamManager getStreamManager() {
            return new OneForOneStreamManager();
          }
        };
    try (TransportContext context = new TransportContext(conf, echo);
        TransportServer server =
            context.createServer(
                "127.0.0.1",
                0,
                List.of(new AuthServerBootstrap(conf, MailboxAddress.keys("secret"))));
        TransportClientFactory clients =
            context.createClientFactory(
                List.of(
                    new AuthClientBootstrap(
                        conf, MailboxAddress.USER, MailboxAddress.keys("secret"))))) {
      TransportClient client = clients.createClient("127.0.0.1", server.getPort());
      for (int size : List.of(1, 100_000, 17, 3_000_000, 5, 65_537)) {
        byte[] sent = new byte[size];
        Arrays.fill(sent, (byte) size);
        if (size > 1 && SparkInUse.losesMessagesWithGcm(package$.MODULE$.SPARK_VERSION())) {
          assertThatThrownBy(() -> client.sendRpcSync(ByteBuffer.wrap(sent), 2_000))
              .hasRootCauseInstanceOf(TimeoutException.class);
          break;
        }
        ByteBuffer heard = client.sendRpcSync(ByteBuffer.wrap(sent), 10_000);
        assertThat(heard).isEqualTo(ByteBuffer.wrap(sent));
      }
    }
  }

  private static MailboxServer server(LocalExchange exchange, Map<String, String> settings) {
    return new MailboxServer(exchange.mailbox, "127.0.0.1", 0, "secret", settings, sentence -> {});
  }

  private static float[] filled(float value) {
    float[] values = new float[1_000];
    Arrays.fill(values, value);
    return values;
  }

  /** As it looks on the network, in hexadecimal digits. */
  private static String four(float value) {
    ByteBuffer four = ByteBuffer.allocate(16);
    WireFormat.FLOAT32.encode(new float[] {value, value, value, value}, 0, 4, four);
    return HexFormat.of().formatHex(four.array());
  }

  private static LocalExchange exchange(float[] weights) {
    LearningRateSchedule schedule =
        new LearningRateSchedule(0.1, 10, 0, LearningRateSchedule.Decay.CONSTANT);
    return new LocalExchange(
        new ExchangeSpec(
            LAYOUT, schedule, WireFormat.FLOAT32, GradientMode.SUMMED, new ShardTree(1), 0, 1),
        new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {weights}, 1, 0),
        1,
        record -> {});
  }

  /** Stands between a worker and the driver and keeps what they say. */
  private static final class Listener implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private final int behind;

    Listener(int behind) throws IOException {
      this.behind = behind;
      SocketThread.start(this::serve);
    }

    int port() {
      return door.getLocalPort();
    }

    String seen() {
      synchronized (heard) {
        return HexFormat.of().formatHex(heard.toByteArray());
      }
    }

    private void serve() throws IOException {
      while (true) {
        Socket worker = door.accept();
        Socket driver = new Socket(InetAddress.getLoopbackAddress(), behind);
        SocketThread.start(() -> pass(worker.getInputStream(), driver.getOutputStream()));
        SocketThread.start(() -> pass(driver.getInputStream(), worker.getOutputStream()));
      }
    }

    private void pass(InputStream from, OutputStream to) throws IOException {
      byte[] buffer = new byte[1 << 16];
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        synchronized (heard) {
          heard.write(buffer, 0, n);
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
