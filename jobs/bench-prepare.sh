#!/usr/bin/env bash
# Speed of the prepare stage beside a bare loop over the tokenizer library: same text, same cores, same process, a heap of 1 GB.
# jobs/bench-prepare.sh [megabytes of text, 500] [cores, 2] [corpora, ../shared/corpora] [model, ../shared/base-model] [stages, all]
# Stages: read,tokenize,prepare,write,duplicates. With BENCH_FOLDER set, the text stays there for the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lib=target/lib spark=${SPARK_HOME:-target/spark}/jars
[ -f target/lethe.jar ] && [ -d "$lib" ] || mvn -q -B -ntp -DskipTests package
folder=${BENCH_FOLDER:-$(mktemp -d)}
[ -n "${BENCH_FOLDER:-}" ] || trap 'rm -rf "$folder"' EXIT
opens=()
for package in java.lang java.lang.invoke java.nio java.util java.util.concurrent sun.nio.ch sun.util.calendar; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
export OPT_OUT_TRACKING=true SPARK_LOCAL_IP=127.0.0.1 RAYON_NUM_THREADS=1
java "${opens[@]}" -Xmx1g -Dlog4j2.configurationFile=conf/log4j2.properties -Dspark.local.dir="$folder" \
  -cp "target/lethe.jar:$lib/*:$spark/*" lethe.corpus.PrepareBench \
  "${3:-../shared/corpora}" "${4:-../shared/base-model}" "$folder" "${1:-500}" "${2:-2}" ${5:-}
