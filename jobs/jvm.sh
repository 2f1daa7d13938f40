# Sourced by the benchmarks that run in one process: builds Lethe if need be and sets jvm, the command that starts it with Spark's classes.
spark=${SPARK_HOME:-$PWD/target/spark} # absolute, for processes that Spark starts elsewhere
[ -f target/lethe.jar ] && [ -d target/lib ] || mvn -q -B -ntp -DskipTests package
jvm=(java "@$PWD/conf/jvm.options" "-Dlog4j2.configurationFile=$PWD/conf/log4j2.properties" -cp "$PWD/target/lethe.jar:$PWD/target/lib/*:$spark/jars/*")
export OPT_OUT_TRACKING=true SPARK_LOCAL_IP=127.0.0.1 DJL_CACHE_DIR=${DJL_CACHE_DIR:-$PWD/target/djl}
