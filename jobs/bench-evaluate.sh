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
. jobs/jvm.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
threads=2 batch=1
for pair in "$@"; do case "$pair" in train.threads=*) threads=${pair#*=} ;; bench.batch=*) batch=${pair#*=} ;; esac; done
export SPARK_HOME=$spark SPARK_SCALA_VERSION=2.13 OMP_NUM_THREADS=$threads OMP_DYNAMIC=FALSE MKL_DYNAMIC=FALSE
export MKL_CBWR=AUTO,STRICT GLIBC_TUNABLES=glibc.malloc.hugetlb=1 # as SubmitArguments sets them for executors
"${jvm[@]}" -Xmx2g -Dspark.local.dir="$folder/spark" lethe.evaluate.EvaluateBench \
  "$folder" "${LETHE_TOKENIZER:-../shared/base-model}/tokenizer.json" "$chunks" "$executors" \
  'bench.precisions=[float32]' bench.rounds=3 "evaluate.micro-batch=$batch" "$@"
