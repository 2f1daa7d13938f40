#!/usr/bin/env bash
# Speed of the evaluate stage beside bench's bare forward pass, of the same model, chunk length, batch and threads, in one run; and of
# two executors beside one.
# jobs/bench-evaluate.sh [chunks, 256] [executors, 2] [key=value ...], with the keys of bench:
#   jobs/bench-evaluate.sh 1024 2 model.path=../shared/base-model bench.tokens=256 bench.batch=8 train.threads=1
#   jobs/bench-evaluate.sh 128 2 bench.tokens=1024 bench.batch=4 train.threads=1     (a random model of bench's shape)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
chunks=${1:-256} executors=${2:-2}
shift $(($# < 2 ? $# : 2))
lib=target/lib spark=${SPARK_HOME:-$PWD/target/spark}
[ -f target/lethe.jar ] && [ -d "$lib" ] || mvn -q -B -ntp -DskipTests package
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
opens=()
for package in java.lang java.lang.invoke java.nio java.util java.util.concurrent sun.nio.ch sun.util.calendar; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
threads=2 batch=1
for pair in "$@"; do case "$pair" in train.threads=*) threads=${pair#*=} ;; bench.batch=*) batch=${pair#*=} ;; esac; done
export SPARK_HOME=$spark SPARK_SCALA_VERSION=2.12 SPARK_LOCAL_IP=127.0.0.1 OPT_OUT_TRACKING=true
export DJL_CACHE_DIR=${DJL_CACHE_DIR:-$PWD/target/djl} OMP_NUM_THREADS=$threads OMP_DYNAMIC=FALSE MKL_DYNAMIC=FALSE
export MKL_CBWR=AUTO,STRICT GLIBC_TUNABLES=glibc.malloc.hugetlb=1 # as SubmitArguments gives executors
java "${opens[@]}" -Xmx2g -Dlog4j2.configurationFile="$PWD/conf/log4j2.properties" -Dspark.local.dir="$folder/spark" \
  -cp "$PWD/target/lethe.jar:$PWD/$lib/*:$spark/jars/*" lethe.EvaluateBench \
  "$folder" "${LETHE_TOKENIZER:-../shared/base-model}/tokenizer.json" "$chunks" "$executors" \
  'bench.precisions=[float32]' bench.rounds=3 "evaluate.micro-batch=$batch" "$@"
