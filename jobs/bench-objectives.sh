#!/usr/bin/env bash
# What objectives cost: steps of pairs of terms beside ascent + descent, the label and reference stages beside the forward pass,
# each in one process and by turns. Settings are those of the verb bench; 1024 chunks for the stages unless CHUNKS says otherwise.
# jobs/bench-objectives.sh model.path=../shared/base-model bench.tokens=256 bench.batch=8 [key=value ...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lib=target/lib spark=${SPARK_HOME:-target/spark}/jars
[ -f target/lethe.jar ] && [ -d "$lib" ] || mvn -q -B -ntp -DskipTests package
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
opens=()
for package in java.lang java.lang.invoke java.nio java.util java.util.concurrent sun.nio.ch sun.util.calendar; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
run=(java "${opens[@]}" -Xmx2g -Dlog4j2.configurationFile=conf/log4j2.properties -Dspark.local.dir="$folder" -cp "target/lethe.jar:$lib/*:$spark/*")
export SPARK_LOCAL_IP=127.0.0.1 DJL_CACHE_DIR=${DJL_CACHE_DIR:-$PWD/target/djl}
mapfile -d '' -t settings < <("${run[@]}" lethe.Main --print-submit bench "$@") # what a worker's environment is
for setting in "${settings[@]}"; do
  case "$setting" in spark.executorEnv.*) export "${setting#spark.executorEnv.}" ;; esac
done
"${run[@]}" lethe.train.ObjectiveBench "$folder" "${CHUNKS:-1024}" "$@"
