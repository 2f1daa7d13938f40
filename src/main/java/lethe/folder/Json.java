package lethe.folder;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Reads and writes JSON for everybody. Who is stricter or more lenient takes a reader of it. */
public final class Json {
  /**
   * Texts may be longer than the 20 million characters that Jackson allows by default. Shared, so
   * never configured anew.
   */
  public static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
              .build());

  private Json() {}
}
