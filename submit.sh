#!/usr/bin/env bash
# Runs a verb of Lethe through spark-submit: that of SPARK_HOME, or of an embedded Spark under target/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jar=$root/target/lethe.jar
lib=$root/target/lib

if [ ! -f "$jar" ] || [ ! -d "$lib" ] || [ -n "$(find "$root/pom.xml" "$root/src/main" -newer "$jar" -print -quit)" ]; then
  echo "Building lethe.jar ..." >&2
  (cd "$root" && mvn -q -B -ntp -DskipTests package) >&2
fi

export OPT_OUT_TRACKING=true
if [ -t 1 ]; then export LETHE_TERMINAL=true; fi

if [ -n "${SPARK_HOME:-}" ]; then
  spark_jars=$SPARK_HOME/jars
  core=$(find "$spark_jars" -maxdepth 1 -name 'spark-core_*.jar' -print -quit 2>/dev/null || true)
  case "$(basename "${core:-none}")" in
    spark-core_2.12-3.5.*) ;;
    *)
      echo "Cannot use SPARK_HOME=$SPARK_HOME: Lethe needs Spark 3.5 with Scala 2.12, found $(basename "${core:-no spark-core jar}"). Unset SPARK_HOME to use the embedded Spark." >&2
      exit 2
      ;;
  esac
else
  export SPARK_HOME=$root/target/spark SPARK_SCALA_VERSION=2.12 SPARK_LOCAL_IP=127.0.0.1
  export DJL_CACHE_DIR=${DJL_CACHE_DIR:-$root/target/djl} # of this machine; a cluster's hosts have their own
  export LETHE_EMBEDDED=true LETHE_CLASSPATH="$jar:$lib/*"
  spark_jars=$SPARK_HOME/jars
fi

# First without Spark: every mistake in the call and the settings is told within a second.
arguments=$(mktemp)
trap 'rm -f "$arguments"' EXIT
status=0
java -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$root/conf/log4j2.properties" -cp "$jar:$lib/*:$spark_jars/*" lethe.Main --print-submit "$@" >"$arguments" || status=$?
if [ $status -ne 0 ]; then exit $status; fi
if [ "$(tr -d '\0' <"$arguments" | head -c 6)" != "--conf" ]; then
  cat "$arguments" # help or version
  exit 0
fi
mapfile -d '' -t settings <"$arguments"
rm -f "$arguments"

memory=2g
options=() # of the driver's Java, beside what Spark needs
for setting in "${settings[@]}"; do
  case "$setting" in
    spark.driver.memory=*) memory=${setting#*=} ;;
    spark.driver.extraJavaOptions=*) read -ra options <<<"${setting#*=}" ;;
    spark.executorEnv.*) export "${setting#spark.executorEnv.}" ;;
  esac
done

if [ "${1:-}" = bench ]; then
  exec java -Xmx"$memory" -Dlog4j2.configurationFile="$root/conf/log4j2.properties" -cp "$jar:$lib/*:$spark_jars/*" lethe.Main "$@"
fi
if [ "${LETHE_EMBEDDED:-}" = true ]; then
  opens=()
  for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent \
    java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar; do
    opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
  done
  exec java "${opens[@]}" -Xmx"$memory" ${options[@]+"${options[@]}"} -Dlog4j2.configurationFile="$root/conf/log4j2.properties" \
    -cp "$jar:$lib/*:$spark_jars/*" org.apache.spark.deploy.SparkSubmit "${settings[@]}" --class lethe.Main spark-internal "$@"
fi
for setting in "${settings[@]}"; do
  if [ "$setting" = spark.submit.deployMode=cluster ]; then
    # The driver finds the run file in its working directory.
    exec "$SPARK_HOME/bin/spark-submit" "${settings[@]}" --jars "$(printf '%s,' "$lib"/*.jar | sed 's/,$//')" --files "$2" \
      --class lethe.Main "$jar" "$1" "$(basename "$2")" "${@:3}"
  fi
done
exec "$SPARK_HOME/bin/spark-submit" "${settings[@]}" --jars "$(printf '%s,' "$lib"/*.jar | sed 's/,$//')" --class lethe.Main "$jar" "$@"
