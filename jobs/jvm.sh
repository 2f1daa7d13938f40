# shellcheck shell=bash
# Sourced by the benchmarks that run in one process (src/bench/java, compiled into target/test-classes): builds Lethe if need be and
# sets jvm, the command that starts it with Spark's classes.
spark=${SPARK_HOME:-$PWD/target/spark} # absolute, for processes that Spark starts elsewhere
if ! [ -f target/lethe.jar ] || ! [ -d target/lib ] || ! [ -f target/test-classes/META-INF/BenchmarkList ]; then
  mvn -q -B -ntp -DskipTests package
fi
jvm=(java "@$PWD/conf/jvm.options" "-Dlog4j2.configurationFile=$PWD/conf/log4j2.properties")
jvm+=(-cp "$PWD/target/lethe.jar:$PWD/target/test-classes:$PWD/target/lib/*:$spark/jars/*")
export OPT_OUT_TRACKING=true SPARK_LOCAL_IP=127.0.0.1 DJL_CACHE_DIR=${DJL_CACHE_DIR:-$PWD/target/djl}
