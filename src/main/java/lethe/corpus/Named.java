package lethe.corpus;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.folder.Files;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What the files that rules name say, each read once.
 *
 * @param ids of {@link IdFile#ids}
 * @param requests of {@link RequestFile#lines}
 */
record Named(Map<IdFile, Dataset<Row>> ids, Map<RequestFile, Dataset<Row>> requests) {

  static Named read(CorpusSettings settings, Tables tables, SparkSession spark, Files files) {
    Named named = new Named(new LinkedHashMap<>(), new LinkedHashMap<>());
    for (SplitRule rule : settings.splits().values()) {
      Stream.of(rule.ids(), rule.notIds())
          .flatMap(Optional::stream)
          .forEach(file -> named.ids.computeIfAbsent(file, f -> tables.keep(f.ids(spark, files))));
      rule.requests()
          .ifPresent(
              file -> named.requests.computeIfAbsent(file, f -> tables.keep(f.lines(spark))));
    }
    return named;
  }
}
