package lethe.request;

import com.fasterxml.jackson.annotation.JsonInclude;
import lethe.json.OrNull;

/**
 * A line of a request file that is no request, or part of one that is none.
 *
 * @param file its name in the folder
 * @param line its number in the file, from 1; 0 for a whole file
 * @param request the id that it has; null where none can be read
 * @param reason what is wrong with it
 * @param text its beginning
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SetAside(
    String file, long line, @OrNull String request, String reason, String text) {}
