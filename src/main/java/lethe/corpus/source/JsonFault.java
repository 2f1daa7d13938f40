package lethe.corpus.source;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;

/** What is wrong with JSON, without the parser's advice to programmers. */
public final class JsonFault {
  private JsonFault() {}

  public static String of(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    String where =
        at == null
            ? ""
            : (at.getLineNr() > 1 ? "line " + at.getLineNr() + ", " : "")
                + "column "
                + at.getColumnNr()
                + ": ";
    return where + why(e);
  }

  private static String why(JsonProcessingException e) {
    if (e instanceof JsonEOFException) {
      return "it ends within a value; an object must be on one line";
    }
    if (e instanceof MismatchedInputException) {
      return "something follows the object; write one object per line";
    }
    return String.valueOf(e.getOriginalMessage())
        .replaceAll("\\s*\\([^()]*(\\([^()]*\\))?[^()]*(Feature|Read)[^()]*\\)", "")
        .replaceAll(":? (maybe|was expecting|expected|use|enable|to allow).*", "");
  }
}
