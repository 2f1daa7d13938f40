# shellcheck shell=bash
# Sourced by the scripts that start a standalone cluster of the embedded Spark on this machine. Sets cluster (a folder for settings, logs
# and executors), secret (who knows it may join, and nothing travels in the clear) and daemons (process ids); whoever sources it ends
# the daemons and removes the folder.
if ! [ -f target/lethe.jar ] || ! [ -d target/spark/jars ]; then mvn -q -B -ntp -DskipTests package >&2; fi
unset SPARK_HOME
cluster=$(mktemp -d)
daemons=() within=()
# shellcheck disable=SC2034 # for whoever sources this
secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && cat >"$cluster/spark.properties") <<END
spark.authenticate true
spark.authenticate.secret $secret
spark.network.crypto.enabled true
spark.io.encryption.enabled true
spark.worker.cleanup.enabled true
END

# Starts one of Spark's own processes.
daemon() { # NAME ADDRESS CLASS ARGUMENTS...; the array within has a command that puts it somewhere else, such as a network of its own
  local name=$1 address=$2 class=$3
  shift 3
  SPARK_HOME=$PWD/target/spark SPARK_SCALA_VERSION=2.13 SPARK_LOCAL_IP=$address ${within[@]+"${within[@]}"} java @conf/jvm.options -Xmx256m \
    -Dlog4j2.configurationFile="$PWD/conf/log4j2.properties" -cp "target/spark/jars/*" "$class" \
    --properties-file "$cluster/spark.properties" --host "$address" --webui-port 0 "$@" >"$cluster/$name.log" 2>&1 &
  daemons+=($!)
}
master() { # ADDRESS PORT
  daemon master "$1" org.apache.spark.deploy.master.Master --port "$2"
}
worker() { # NUMBER ADDRESS CORES MEMORY MASTER
  daemon "worker-$1" "$2" org.apache.spark.deploy.worker.Worker --cores "$3" --memory "$4" --work-dir "$cluster/$1" "spark://$5"
}
