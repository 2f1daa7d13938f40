package lethe.request;

import com.fasterxml.jackson.annotation.JsonInclude;
import lethe.json.OrNull;

/**
 * A line of a request file, or a row of a table, that is no request, or part of one that is none.
 *
 * @param file its name in the folder, or that of the table
 * @param line its number in the file, from 1; 0 for a whole file, and for a row
 * @param request the id that it has; null where none can be read
 * @param reason what is wrong with it
 * @param text its beginning
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SetAside(String file, long line, @OrNull String request, String reason, String text) {
  /** The file, and the line if there is one. */
  public String where() {
    return line == 0 ? file : file + ", line " + line;
  }
}
