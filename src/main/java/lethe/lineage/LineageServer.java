package lethe.lineage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** A server of OpenLineage, which is told each event. One that does not answer is told no more. */
public final class LineageServer implements RunEvents.Sink {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final URI url;
  private final Optional<String> token;
  private final Consumer<String> console;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private boolean silent;

  /**
   * @param url of the server, without a slash at its end
   * @param token for the header Authorization, if the server asks for one
   * @param console takes a sentence for the user
   */
  public LineageServer(URI url, Optional<String> token, Consumer<String> console) {
    this.url = url;
    this.token = token;
    this.console = console;
  }

  @Override
  public void add(ObjectNode event) {
    if (silent) {
      return;
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "/api/v1/lineage"))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(event.toString()));
    token.ifPresent(value -> request.header("Authorization", "Bearer " + value));
    try {
      HttpResponse<Void> answer = client.send(request.build(), BodyHandlers.discarding());
      if (answer.statusCode() / 100 != 2) {
        said("it answers " + answer.statusCode());
      }
    } catch (IOException e) {
      silent = true;
      said(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void said(String why) {
    console.accept(
        "lineage: %s could not be told of an event, and the run goes on: %s".formatted(url, why));
  }
}
