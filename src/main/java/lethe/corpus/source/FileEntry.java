package lethe.corpus.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;

/**
 * One line of a file, or one object of a file that is a JSON array, or a whole file.
 *
 * @param file it is in
 * @param name of the file below its source's folder
 * @param place byte at which the line begins, or number of the object; grows along the file
 * @param bytes of a line or file; null for an object
 * @param object of an array; null for a line or file
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FileEntry(String file, String name, long place, byte[] bytes, JsonNode object)
    implements Serializable {}
