package lethe.corpus.split;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.folder.Files;
import lethe.table.MaterializedTables;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What the files that rules name say, each read once.
 *
 * @param ids of {@link IdFile#ids}
 * @param requests of {@link RequestFile#lines}
 */
public record RuleFiles(Map<IdFile, Dataset<Row>> ids, Map<RequestFile, Dataset<Row>> requests) {

  public static RuleFiles read(
      SplitRules rules, MaterializedTables tables, SparkSession spark, Files files) {
    RuleFiles named = new RuleFiles(new LinkedHashMap<>(), new LinkedHashMap<>());
    for (SplitRule rule : rules.bySplit().values()) {
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
