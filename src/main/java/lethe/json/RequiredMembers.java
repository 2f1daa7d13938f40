package lethe.json;

import com.fasterxml.jackson.databind.JsonMappingException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * Looks for what a record lacks that was read from a file: JSON may leave out any member, and have
 * null for any value.
 */
public final class RequiredMembers {
  private RequiredMembers() {}

  /**
   * The first member or element that is null and must not be, for example {@code scores[3].split}.
   * Null may be what is marked with {@link OrNull}, and numbers that are objects.
   *
   * @param record all of whose members are records, collections and maps of such, or values
   */
  public static Optional<String> missing(Record record) {
    for (RecordComponent member : record.getClass().getRecordComponents()) {
      Object value = value(record, member);
      if (value != null || !member.isAnnotationPresent(OrNull.class)) {
        Optional<String> missing = missing(member.getName(), value, member.getGenericType());
        if (missing.isPresent()) {
          return missing;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> missing(String path, Object value, Type type) {
    if (value == null) {
      boolean number = type instanceof Class<?> c && Number.class.isAssignableFrom(c);
      return number ? Optional.empty() : Optional.of(path);
    }
    if (value instanceof Record inner) {
      return missing(inner).map(member -> path + "." + member);
    }
    if (value instanceof Map<?, ?> map) {
      Type element = ((ParameterizedType) type).getActualTypeArguments()[1];
      return map.entrySet().stream()
          .flatMap(e -> missing(path + "." + e.getKey(), e.getValue(), element).stream())
          .findFirst();
    }
    if (value instanceof Collection<?> list) {
      Type element = ((ParameterizedType) type).getActualTypeArguments()[0];
      int place = 0;
      for (Object inner : list) {
        Optional<String> missing = missing(path + "[" + place + "]", inner, element);
        if (missing.isPresent()) {
          return missing;
        }
        place++;
      }
    }
    return Optional.empty();
  }

  /** Where in a file a member is that could not be read, for example {@code scores[3].nll}. */
  public static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference part : e.getPath()) {
      path.append(
          part.getFieldName() == null
              ? "[" + part.getIndex() + "]"
              : (path.isEmpty() ? "" : ".") + part.getFieldName());
    }
    return path.isEmpty() ? "the whole" : path.toString();
  }

  private static Object value(Record record, RecordComponent member) {
    Method accessor = member.getAccessor();
    try {
      accessor.setAccessible(true); // of a record that only its room knows
      return accessor.invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot look at " + member, e);
    }
  }
}
