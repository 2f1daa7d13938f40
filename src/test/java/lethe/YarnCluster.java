package lethe;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fifo.FifoScheduler;
import org.apache.spark.deploy.yarn.Client;

/**
 * YARN with one node: its managers in this process, containers as processes of their own. Beside it
 * is a Spark as such a cluster's machines have it, made of the embedded one.
 */
final class YarnCluster implements AutoCloseable {
  private static final String NAME = "yarn";

  /** By which Hadoop's tests know where to keep their files. */
  private static final String DATA = "test.build.data";

  private final Path folder;
  private final MiniYARNCluster cluster;

  /**
   * Starts it.
   *
   * @param folder for Spark and for all that YARN keeps
   */
  YarnCluster(Path folder) throws IOException {
    this.folder = folder;
    System.setProperty(DATA, folder.toString());
    cluster = new MiniYARNCluster(NAME, 1, 1, 1);
    YarnConfiguration settings = new YarnConfiguration();
    settings.set(YarnConfiguration.RM_SCHEDULER, FifoScheduler.class.getName());
    settings.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 256);
    settings.setInt(YarnConfiguration.YARN_MINICLUSTER_NM_PMEM_MB, 16 << 10);
    settings.setBoolean(YarnConfiguration.NM_PMEM_CHECK_ENABLED, false);
    settings.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    settings.setBoolean(YarnConfiguration.NM_DISK_HEALTH_CHECK_ENABLE, false);
    // What a container's processes were started with can be looked at afterwards.
    settings.setInt(YarnConfiguration.DEBUG_NM_DELETE_DELAY_SEC, 3600);
    cluster.init(settings);
    cluster.start();
    Path hadoop = Files.createDirectories(folder.resolve("hadoop"));
    try (OutputStream file = Files.newOutputStream(hadoop.resolve("yarn-site.xml"))) {
      cluster.getConfig().writeXml(file);
    }
    makeSpark();
  }

  private void makeSpark() throws IOException {
    Path home = folder.resolve("spark");
    Path jars = Files.createDirectories(home.resolve("jars"));
    URL yarn = Client.class.getProtectionDomain().getCodeSource().getLocation();
    try (Stream<Path> embedded = Files.list(BuildFolder.path("spark/jars"))) {
      for (Path jar : Stream.concat(embedded, Stream.of(Path.of(yarn.getPath()))).toList()) {
        Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
      }
    }
    Path submit = Files.createDirectories(home.resolve("bin")).resolve("spark-submit");
    Files.writeString(
        submit,
        """
        #!/usr/bin/env bash
        # As Spark's own: its launcher writes the command, after a zero byte and the end of a line.
        mapfile -d '' -t command < <(java -cp "$SPARK_HOME/jars/*" org.apache.spark.launcher.Main \\
          org.apache.spark.deploy.SparkSubmit "$@" | tail -c +3)
        exec "${command[@]}"
        """);
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path conf = Files.createDirectories(home.resolve("conf"));
    Files.writeString(
        conf.resolve("spark-defaults.conf"),
        """
        spark.yarn.jars local:%1$s/*
        spark.yarn.stagingDir file:%2$s/staging
        spark.yarn.report.interval 200ms
        spark.yarn.am.memory 512m
        spark.yarn.am.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC
        spark.yarn.appMasterEnv.JAVA_HOME %3$s
        spark.yarn.appMasterEnv.SPARK_LOCAL_IP 127.0.0.1
        spark.executorEnv.JAVA_HOME %3$s
        spark.executorEnv.SPARK_LOCAL_IP 127.0.0.1
        spark.ui.enabled false
        """
            .formatted(jars, folder, System.getProperty("java.home")));
  }

  /** What a shell on a machine of the cluster has in its environment. */
  Map<String, String> environment() {
    return Map.of(
        "SPARK_HOME", folder.resolve("spark").toString(),
        "HADOOP_CONF_DIR", folder.resolve("hadoop").toString());
  }

  /** Where the node keeps what containers are started with, and what they log. */
  Path node() {
    return folder.resolve(NAME);
  }

  /** Where the client leaves what the node fetches. */
  Path staging() {
    return folder.resolve("staging");
  }

  @Override
  public void close() {
    cluster.stop();
    System.clearProperty(DATA);
  }
}
