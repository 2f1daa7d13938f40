package lethe.spark;

import java.util.List;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** A list as Spark's methods take it: which Scala 2.12 calls a Seq. */
public final class ScalaSeq {
  private ScalaSeq() {}

  public static <T> Seq<T> of(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toSeq();
  }
}
