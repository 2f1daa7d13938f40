#!/usr/bin/env bash
# Makes lethe.jsa beside target/lethe.jar: the classes that a small run loads, in the form in which Java maps them into memory. submit.sh gives it to
# driver and executors of the embedded Spark, which then start faster (docs/operations.md). It fits one build on one machine with one
# Java; one that does not fit is not used. Takes about as long as a small run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export SPARK_HOME=${SPARK_HOME:-$PWD/target/spark} # an embedded one: target-3.5/spark is the other
into=$(mktemp -d)
trap 'rm -rf "$into"' EXIT
cat >"$into/small.conf" <<END
run.dir = "$into/run"
model.path = "$into/run/original"
sample {
  directory = "$into/sample"
  documents { retain = 4, approximate = 4 }
  model { width = 32, layers = 2, heads = 2, key-value-heads = 2, inner-width = 64, context = 256 }
}
corpus {
  sources = [ { path = "$into/sample/paper.jsonl", domain = paper } ]
  chunk-tokens = 64
  splits { forget.where = "split = 'forget'", retain.where = "split = 'retain'", approximate.where = "split = 'approximate'" }
}
pretrain { enabled = true, model = "$into/sample/model", steps = 1 }
unlearn.method = "npo+descent"
train { batch = 8, micro-batch = 4, steps = 1, workers = 1, threads = 1 }
spark {
  master = "local[1]" # classes of driver and executor in one process
  driver.extraJavaOptions = "-XX:TieredStopAtLevel=1"
  sql { codegen.wholeStage = false, adaptive.enabled = false, shuffle.partitions = 2 }
}
END
LETHE_MAKE_ARCHIVE="$into/lethe.jsa" ./submit.sh run "$into/small.conf" >"$into/log" 2>&1 || { tail -5 "$into/log" >&2; exit 1; }
mv "$into/lethe.jsa" "$SPARK_HOME/../lethe.jsa"
