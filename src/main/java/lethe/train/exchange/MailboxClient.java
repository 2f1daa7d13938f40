package lethe.train.exchange;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import lethe.settings.InvalidSettings;
import lethe.train.exchange.Message.Kind;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.WireFormat;
import lethe.train.guard.KeepAlive;
import lethe.train.seal.MessageCipher;
import lethe.train.steering.ProbeDecision;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.server.NoOpRpcHandler;
import org.apache.spark.network.util.TransportConf;

/**
 * A worker's half of the exchange. Used by one thread; at most {@link #OUTSTANDING} messages are
 * unanswered at a time. What is uploaded is sent while that thread goes on.
 */
public final class MailboxClient implements DriverConnection, AutoCloseable {
  /** Most messages that are unanswered at a time. */
  public static final int OUTSTANDING = 4;

  /** How often a worker whose connection is dropped while it authenticates connects again. */
  private static final int AGAIN = 4;

  private final TransportContext context;
  private final TransportClientFactory clients;
  private final TransportClient client;
  private final MailboxAddress address;
  private final MessageCipher cipher;
  private final int attempt;
  private final int worker;

  /**
   * @param address of the driver's mailbox
   * @param attempt of the stage
   * @param worker from 0
   */
  public MailboxClient(MailboxAddress address, int attempt, int worker) {
    this.address = address;
    this.cipher = address.cipher();
    this.attempt = attempt;
    this.worker = worker;
    TransportConf conf = address.transport();
    context = new TransportContext(conf, new NoOpRpcHandler());
    clients =
        context.createClientFactory(
            List.of(
                (connected, channel) -> KeepAlive.on(channel),
                new AuthClientBootstrap(conf, MailboxAddress.USER, address.keys())));
    try {
      client = connect(AGAIN);
    } catch (Exception e) {
      close();
      throw new IllegalStateException(
          "Cannot reach the driver at "
              + address.host()
              + ":"
              + address.port()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** The driver drops newcomers when strangers open more connections than it grants them. */
  private TransportClient connect(int again) throws IOException, InterruptedException {
    try {
      return clients.createClient(address.host(), address.port());
    } catch (IOException | RuntimeException e) {
      if (again == 0 || !dropped(e)) {
        throw e;
      }
      return connect(again - 1);
    }
  }

  /** Whether there was a connection, and it broke: an answer that refuses it is no such failure. */
  private static boolean dropped(Exception e) {
    return ExceptionUtils.indexOfType(e, IOException.class) >= 0
        && ExceptionUtils.indexOfType(e, ConnectException.class) < 0
        && ExceptionUtils.indexOfType(e, UnknownHostException.class) < 0;
  }

  @Override
  public Start hello(String greeting, String environment, String device) {
    String all = String.join("\n", greeting, environment, device);
    return hello(all.getBytes(StandardCharsets.UTF_8));
  }

  private Start hello(byte[] greeting) {
    ByteBuffer message = message(Kind.HELLO, 0).buffer(greeting.length);
    message.put(greeting);
    ByteBuffer answer = await(send(message));
    return new Start(answer.getInt(), ProbeDecision.read(answer));
  }

  @Override
  public void unable(IllegalArgumentException why) {
    byte[] reason = String.valueOf(why.getMessage()).getBytes(StandardCharsets.UTF_8);
    boolean settings = why instanceof InvalidSettings;
    ByteBuffer message = message(Kind.UNABLE, 0).buffer(1 + reason.length);
    message.put(settings ? Message.WRONG_SETTINGS : Message.WRONG_PROGRAM).put(reason);
    await(send(message));
  }

  @Override
  public ProbeDecision probe(int step, double[] sums) {
    ByteBuffer message = message(Kind.PROBE, step).buffer(8 * sums.length);
    message.asDoubleBuffer().put(sums);
    message.position(message.limit());
    return ProbeDecision.read(await(send(message)));
  }

  @Override
  public void pull(
      int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each) {
    pull(Kind.PULL, step, layout, wire, each);
  }

  @Override
  public void pullMoved(
      int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each) {
    pull(Kind.PULL_MOVED, step, layout, wire, each);
  }

  private void pull(
      Kind kind, int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each) {
    ByteBuffer answer = await(send(message(kind, step).buffer(0)));
    String key = StandardCharsets.UTF_8.decode(answer).toString();
    BufferPool pool = new BufferPool();
    Deque<CompletableFuture<float[]>> outstanding = new ArrayDeque<>();
    int buckets = layout.buckets().count();
    for (int asked = 0, taken = 0; taken < buckets; taken++) {
      for (; asked < buckets && outstanding.size() < OUTSTANDING; asked++) {
        outstanding.add(
            fetch(key + "/" + asked, wire, pool.acquire(layout.buckets().length(asked))));
      }
      float[] values = await(outstanding.remove());
      each.accept(values, taken);
      pool.release(values);
    }
  }

  private CompletableFuture<float[]> fetch(String id, WireFormat wire, float[] values) {
    IncomingBucket incoming = new IncomingBucket(id, wire, values);
    client.stream(id, cipher.decrypting(MessageCipher.bound(id), incoming));
    return incoming.whole();
  }

  @Override
  public void report(int step, WorkerReport report) {
    ByteBuffer message = message(Kind.REPORT, step).buffer(report.bytes());
    report.write(message);
    await(send(message));
  }

  @Override
  public GradientUpload upload(
      int step, List<Integer> nodes, ParameterLayout layout, WireFormat wire) {
    return new Upload(step, List.copyOf(nodes), wire);
  }

  private Message message(Kind kind, int step) {
    return message(kind, step, 0, Slot.NONE);
  }

  private Message message(Kind kind, int step, int node, Slot slot) {
    return new Message(kind, address.launch(), attempt, worker, step, node, slot);
  }

  /** Sends a gradient and a message that announces it; returns the answer to the message. */
  private CompletableFuture<ByteBuffer> send(Message message, float[] values, WireFormat wire) {
    ByteBuffer head = message.buffer(0).flip();
    CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
    client.uploadStream(
        new NioManagedBuffer(head),
        new OutgoingBucket(values, wire).sealed(cipher, cipher.head(head)),
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer response) {
            // that it has come in; what is waited for is the answer to the message
          }

          @Override
          public void onFailure(Throwable e) {
            answer.completeExceptionally(e);
          }
        });
    send(message.buffer(0), answer);
    return answer;
  }

  private CompletableFuture<ByteBuffer> send(ByteBuffer message) {
    CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
    send(message, answer);
    return answer;
  }

  private void send(ByteBuffer message, CompletableFuture<ByteBuffer> answer) {
    message.flip();
    byte[] head = cipher.head(message);
    client.sendRpc(
        cipher.sealRequest(message),
        new RpcResponseCallback() {
          @Override
          public void onSuccess(ByteBuffer response) {
            try {
              ByteBuffer opened = cipher.openResponse(head, response);
              // The transport takes its buffer back.
              answer.complete(ByteBuffer.allocate(opened.remaining()).put(opened).flip());
            } catch (RuntimeException e) {
              answer.completeExceptionally(e);
            }
          }

          @Override
          public void onFailure(Throwable e) {
            answer.completeExceptionally(e);
          }
        });
  }

  private <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Worker " + worker + " was interrupted", e);
    } catch (ExecutionException e) {
      throw lost(e.getCause());
    }
  }

  private IllegalStateException lost(Throwable why) {
    return new IllegalStateException(
        "Worker " + worker + " lost the driver: " + why.getMessage(), why);
  }

  @Override
  public void close() {
    clients.close();
    context.close();
  }

  /** Messages that wait until few enough are unanswered; the transport's threads send them. */
  private final class Upload implements GradientUpload {
    private final int step;
    private final List<Integer> nodes;
    private final WireFormat wire;
    private final Deque<Supplier<CompletableFuture<ByteBuffer>>> waiting = new ArrayDeque<>();
    private int unanswered;
    private Throwable failure;

    Upload(int step, List<Integer> nodes, WireFormat wire) {
      this.step = step;
      this.nodes = nodes;
      this.wire = wire;
    }

    @Override
    public synchronized void send(Slot slot, List<float[]> sums) {
      for (int i = 0; i < nodes.size(); i++) {
        Message head = message(Kind.PUSH, step, nodes.get(i), slot);
        float[] values = sums.get(i);
        waiting.add(() -> MailboxClient.this.send(head, values, wire));
      }
      next();
    }

    private synchronized void next() {
      while (failure == null && unanswered < OUTSTANDING && !waiting.isEmpty()) {
        unanswered++;
        CompletableFuture<ByteBuffer> answer;
        try {
          answer = waiting.remove().get();
        } catch (RuntimeException e) {
          answer = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<ByteBuffer> unused = answer.whenComplete((body, why) -> answered(why));
      }
    }

    private synchronized void answered(Throwable why) {
      unanswered--;
      failure = failure == null ? why : failure;
      next();
      notifyAll();
    }

    @Override
    public synchronized void await() {
      try {
        while (failure == null && (unanswered > 0 || !waiting.isEmpty())) {
          wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Worker " + worker + " was interrupted", e);
      }
      if (failure != null) {
        throw lost(failure);
      }
    }
  }
}
