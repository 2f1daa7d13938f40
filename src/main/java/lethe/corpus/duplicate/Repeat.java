package lethe.corpus.duplicate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * Documents of one split that repeat some document of another.
 *
 * @param split theirs, or the one they would have been in
 * @param domain theirs
 * @param of split of the documents they repeat
 * @param kind exact, near or contained
 * @param action dropped, forgotten, listed, or chain: they repeat one that was
 * @param documents how many; one that repeats several others can count under several kinds
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Repeat(
    String split, String domain, String of, String kind, String action, long documents) {}
