package lethe.tracking;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import lethe.settings.Section;

/**
 * Where else a run is shown.
 *
 * @param tensorBoard whether event files are written
 * @param mlflow the server that is told, if any
 */
public record TrackSettings(boolean tensorBoard, Optional<Mlflow> mlflow) {

  /**
   * A server of MLflow.
   *
   * @param url of the server, without a slash at its end
   * @param experiment by name; made if it is not there
   */
  public record Mlflow(URI url, String experiment) {}

  /** Reads {@code track} from the root of the settings. */
  public static TrackSettings read(Section root) {
    Section track = root.section("track");
    Section mlflow = track.section("mlflow");
    String experiment = mlflow.string("experiment");
    return new TrackSettings(
        track.bool("tensorboard"),
        mlflow
            .optionalText("url")
            .flatMap(written -> url(mlflow, written))
            .map(url -> new Mlflow(url, experiment)));
  }

  private static Optional<URI> url(Section mlflow, String written) {
    try {
      URI url = new URI(written.replaceAll("/+$", ""));
      if (url.getHost() != null
          && url.getUserInfo() == null
          && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
        return Optional.of(url);
      }
    } catch (URISyntaxException e) {
      // said below
    }
    mlflow.problem(
        "url",
        "must be the http or https address of a server, without a user's name (see MLFLOW_TRACKING_TOKEN in docs/operations.md)");
    return Optional.empty();
  }
}
