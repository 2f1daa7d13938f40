package lethe.model.checkpoint;

import java.util.Map;
import java.util.TreeMap;
import lethe.json.Json;

/** What the models of tests were made from. */
public final class TestOrigin {
  public static final ModelOrigin.Inputs MADE =
      new ModelOrigin.Inputs(
          "pretrain",
          "chunks",
          new TreeMap<>(Map.of("start", "a fingerprint")),
          Json.MAPPER.createObjectNode());

  private TestOrigin() {}
}
