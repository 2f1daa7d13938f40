package lethe.corpus.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Members of a source's objects, as nested columns of text: those that some predicate names, so
 * that no schema has to be inferred and objects of any shape can be in one source.
 *
 * @param members inner fields by name; one without any is a leaf
 */
record SourceColumns(SortedMap<String, SourceColumns> members) implements Serializable {

  /**
   * The fields at these paths. A path that leads on through another one makes that one an object.
   */
  static SourceColumns at(Collection<List<String>> paths) {
    SourceColumns root = new SourceColumns(new TreeMap<>());
    for (List<String> path : paths) {
      SourceColumns at = root;
      for (String name : path) {
        at = at.members.computeIfAbsent(name, n -> new SourceColumns(new TreeMap<>()));
      }
    }
    return root;
  }

  StructType schema() {
    StructType schema = new StructType();
    for (var member : members.entrySet()) {
      schema =
          schema.add(
              member.getKey(),
              member.getValue().members.isEmpty()
                  ? DataTypes.StringType
                  : member.getValue().schema());
    }
    return schema;
  }

  /** A row of {@link #schema()}: texts as they are, other values as JSON, what is missing null. */
  Row of(JsonNode object) {
    return RowFactory.create(
        members.entrySet().stream()
            .map(member -> member.getValue().value(object.path(member.getKey())))
            .toArray());
  }

  private Object value(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    if (!members.isEmpty()) {
      return node.isObject() ? of(node) : null;
    }
    return node.isTextual() || node.isNumber() ? node.asText() : node.toString();
  }
}
