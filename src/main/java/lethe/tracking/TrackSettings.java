package lethe.tracking;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import lethe.settings.Section;

/**
 * Where else a run is shown.
 *
 * @param lineage whether stages note what they read and write in the run folder
 * @param lineageServer the server that is told that, if any
 * @param tensorBoard whether event files are written
 * @param mlflow the server that is told, if any
 */
public record TrackSettings(
    boolean lineage, Optional<URI> lineageServer, boolean tensorBoard, Optional<Mlflow> mlflow) {

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
        track.bool("lineage"),
        url(track, "lineage-url"),
        track.bool("tensorboard"),
        url(mlflow, "url").map(url -> new Mlflow(url, experiment)));
  }

  private static Optional<URI> url(Section section, String key) {
    Optional<String> written = section.optionalText(key);
    if (written.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI url = new URI(written.get().replaceAll("/+$", ""));
      if (url.getHost() != null
          && url.getUserInfo() == null
          && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
        return Optional.of(url);
      }
    } catch (URISyntaxException e) {
      // said below
    }
    section.problem(
        key,
        "must be the http or https address of a server, without a user's name (a token goes into the driver's environment, see docs/operations.md)");
    return Optional.empty();
  }
}
