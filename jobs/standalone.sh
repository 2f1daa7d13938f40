#!/usr/bin/env bash
# A run on a Spark standalone cluster: here one master and two workers on this machine, started for it and ended with it, from
# the embedded Spark. On several machines the master and the workers stay, with the same properties file on each:
#
#   jobs/standalone.sh VERB CONF [key=value ...]
#   WORKERS=2 CORES=1 MEMORY=2g  of each worker      PORT=17077  of the master
set -euo pipefail
if [ $# -lt 2 ]; then
  sed -n '2,6p' "$0" | cut -c3- >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! [ -f target/lethe.jar ] || ! [ -d target/spark/jars ]; then mvn -q -B -ntp -DskipTests package >&2; fi
unset SPARK_HOME
port=${PORT:-17077} work=$(mktemp -d)
pids=()
# shellcheck disable=SC2317 # called by the trap
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# Whoever knows the secret may join; nothing travels in the clear.
secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && cat >"$work/spark.properties") <<END
spark.authenticate true
spark.authenticate.secret $secret
spark.network.crypto.enabled true
spark.io.encryption.enabled true
spark.worker.cleanup.enabled true
END

daemon() { # NAME CLASS ARGUMENTS...: one of Spark's own processes
  local name=$1 class=$2
  shift 2
  SPARK_HOME=$PWD/target/spark SPARK_SCALA_VERSION=2.12 SPARK_LOCAL_IP=127.0.0.1 java @conf/jvm.options -Xmx256m \
    -Dlog4j2.configurationFile="$PWD/conf/log4j2.properties" -cp "target/spark/jars/*" "$class" --properties-file "$work/spark.properties" \
    --host 127.0.0.1 --webui-port 0 "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}
daemon master org.apache.spark.deploy.master.Master --port "$port"
for i in $(seq "${WORKERS:-2}"); do
  daemon "worker-$i" org.apache.spark.deploy.worker.Worker --cores "${CORES:-1}" --memory "${MEMORY:-2g}" --work-dir "$work/$i" \
    "spark://127.0.0.1:$port"
done

status=0
# shellcheck disable=SC2016 # Lethe reads the variable: arguments can be read by every user of the machine
CLUSTER_SECRET=$secret ./submit.sh "$1" "$2" "spark.master=spark://127.0.0.1:$port" run.dir-is-shared=true \
  'spark.authenticate.secret=${CLUSTER_SECRET}' "${@:3}" || status=$?
if [ $status -eq 1 ] && [ -n "${KEEP_LOGS:-}" ]; then cp "$work"/*.log "$KEEP_LOGS"; fi
exit $status
