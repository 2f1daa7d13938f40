package lethe.spark;

import java.util.List;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** A list as Spark's methods take it: which Scala 2.13 calls a Seq. */
public final class ScalaSeq {
  private ScalaSeq() {}

  public static <T> Seq<T> of(List<T> list) {
    return CollectionConverters.asScala(list).toSeq();
  }
}
