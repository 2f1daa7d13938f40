#!/usr/bin/env bash
# Speed of the forward and backward pass beside what this machine's matrix products reach, at the shape of the README's table.
# More settings go on the line: jobs/bench.sh model.path=checkpoint bench.tokens=512 train.threads=8
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lib=target/lib spark=${SPARK_HOME:-target/spark}/jars
[ -f target/lethe.jar ] && [ -d "$lib" ] || mvn -q -B -ntp -DskipTests package
threads=$(printf '%s\n' "$@" | sed -n 's/^train\.threads=//p')
export OPT_OUT_TRACKING=true OMP_NUM_THREADS=${threads:-2} OMP_DYNAMIC=FALSE MKL_DYNAMIC=FALSE
exec java -Xmx2g -Dlog4j2.configurationFile=conf/log4j2.properties -cp "target/lethe.jar:$lib/*:$spark/*" lethe.train.Bench "$@"
