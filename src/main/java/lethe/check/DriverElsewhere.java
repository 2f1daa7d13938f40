package lethe.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.run.RunConfig;
import lethe.run.SettingRules;
import lethe.run.Verb;
import org.apache.hadoop.fs.Path;

/**
 * What the machine that submits a run can say of it when the driver is to run on one of the
 * cluster's, in a folder of its own that is deleted at its end.
 *
 * @param config of the run
 * @param defaultScheme the file system of a path that names none
 */
record DriverElsewhere(RunConfig config, String defaultScheme) {

  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (config.verb() == Verb.REPORT) {
      problems.add(
          "Cannot report with spark.submit.deployMode=cluster: report starts no Spark, and YARN counts a driver that starts none as failed; report with spark.submit.deployMode=client");
    }
    if (defaultScheme.equals("file")) {
      paths()
          .forEach(
              (setting, path) -> {
                if (SettingRules.path(path) && relative(new Path(path))) {
                  problems.add(
                      "%s must be an absolute path with spark.submit.deployMode=cluster, whose driver works in a folder of its own, was %s"
                          .formatted(setting, path));
                }
              });
    }
    return problems;
  }

  private static boolean relative(Path path) {
    return path.toUri().getScheme() == null && !path.isAbsolute();
  }

  private Map<String, String> paths() {
    Map<String, String> paths = new LinkedHashMap<>(SettingRules.paths(config));
    config.sample().ifPresent(sample -> paths.put("sample.directory", sample.directory()));
    paths.putAll(config.corpus().paths());
    return paths;
  }
}
