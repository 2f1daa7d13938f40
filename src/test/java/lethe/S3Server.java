package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** S3Proxy in a process of its own: the S3 protocol over its memory, refusing unsigned requests. */
final class S3Server implements AutoCloseable {
  static final String KEY = "AKIAFORTHISTEST";
  static final String SECRET = "s3cret-that-no-file-may-hold";

  private final Process process;
  private final String endpoint;

  /** Starts it; what it says stands in the folder. */
  S3Server(Path folder) throws IOException, InterruptedException {
    int port = freePort();
    endpoint = "http://127.0.0.1:" + port;
    Path properties =
        Files.writeString(
            folder.resolve("s3proxy.properties"),
            """
            s3proxy.endpoint=%s
            s3proxy.authorization=aws-v2-or-v4
            s3proxy.identity=%s
            s3proxy.credential=%s
            jclouds.provider=transient
            jclouds.identity=none
            jclouds.credential=none
            """
                .formatted(endpoint, KEY, SECRET));
    Path logging =
        Files.writeString(
            folder.resolve("s3proxy-logback.xml"),
            """
            <configuration>
              <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                <encoder><pattern>%level %logger %msg%n</pattern></encoder>
              </appender>
              <root level="WARN"><appender-ref ref="out"/></root>
            </configuration>
            """);
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dlogback.configurationFile=" + logging,
                "-cp",
                BuildFolder.path("s3proxy") + "/*",
                "org.gaul.s3proxy.Main",
                "--properties",
                properties.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("s3proxy.log").toFile())
            .start();
    for (int i = 0; i < 300 && process.isAlive() && !listens(port); i++) {
      process.waitFor(100, TimeUnit.MILLISECONDS);
    }
    assertThat(process.isAlive()).as(Files.readString(folder.resolve("s3proxy.log"))).isTrue();
  }

  /** What Hadoop must know of it, but for the credentials. */
  Map<String, String> hadoop() {
    return Map.of(
        "fs.s3a.endpoint",
        endpoint,
        "fs.s3a.path.style.access",
        "true",
        "fs.s3a.connection.ssl.enabled",
        "false",
        // Amazon deletes many objects, and ones that are not there, at once; this server does not
        "fs.s3a.multiobjectdelete.enable",
        "false",
        "fs.s3a.directory.marker.retention",
        "keep");
  }

  /** A new bucket of it. */
  S3Bucket bucket(String name) {
    return new S3Bucket(endpoint, name);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
