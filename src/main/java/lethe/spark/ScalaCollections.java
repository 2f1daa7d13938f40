package lethe.spark;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** Scala's collections as Java has them, and the other way round. */
@SuppressWarnings("deprecation") // Scala 2.13 has another class for this, which 2.12 lacks
public final class ScalaCollections {
  private ScalaCollections() {}

  public static <T> List<T> list(scala.collection.Seq<T> seq) {
    return JavaConverters.seqAsJavaList(seq);
  }

  public static <K, V> Map<K, V> map(scala.collection.Map<K, V> map) {
    return JavaConverters.mapAsJavaMap(map);
  }

  public static <K, V> scala.collection.Map<K, V> map(Map<K, V> map) {
    return JavaConverters.mapAsScalaMap(map);
  }

  public static <T> Iterator<T> iterator(scala.collection.Iterator<T> iterator) {
    return JavaConverters.asJavaIterator(iterator);
  }

  public static <T> scala.collection.Iterator<T> iterator(Iterator<T> iterator) {
    return JavaConverters.asScalaIterator(iterator);
  }

  /**
   * A partition of each item, computed if possible on one of its hosts.
   *
   * @param items with the hosts' names
   */
  public static <T> JavaRDD<T> located(SparkContext spark, List<Tuple2<T, List<String>>> items) {
    var located =
        items.stream().map(item -> new Tuple2<>(item._1(), ScalaSeq.of(item._2()))).toList();
    ClassTag<T> tag = ClassTag$.MODULE$.apply(Object.class);
    return spark.makeRDD(ScalaSeq.of(located), tag).toJavaRDD();
  }
}
