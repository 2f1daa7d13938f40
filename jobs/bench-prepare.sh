#!/usr/bin/env bash
# Speed of the prepare stage beside bare loops over both tokenizer libraries: same text, same cores, same process, a heap of 1 GB.
# jobs/bench-prepare.sh [megabytes of text, 500] [cores, 2] [corpora, ../shared/corpora] [model, ../shared/base-model] [stages, all]
# Stages: bare,read,tokenize,prepare,write,duplicates. With BENCH_FOLDER set, the text stays there for the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
folder=${BENCH_FOLDER:-$(mktemp -d)}
[ -n "${BENCH_FOLDER:-}" ] || trap 'rm -rf "$folder"' EXIT
export RAYON_NUM_THREADS=1
"${jvm[@]}" -Xmx1g -Dspark.local.dir="$folder" lethe.corpus.PrepareBench \
  "${3:-../shared/corpora}" "${4:-../shared/base-model}" "$folder" "${1:-500}" "${2:-2}" ${5:+"$5"}
