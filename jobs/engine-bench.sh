#!/usr/bin/env bash
# Speed of the training engine's own work on this machine, in two parts of a minute or two each (its loops over numbers: jobs/jmh.sh):
#
#   jobs/engine-bench.sh exchange   the exchange of 100 million parameters with one worker over the loopback device, beside what plain
#                                   TCP gives there
#   jobs/engine-bench.sh step       what part of a step is not forward and backward: two workers of one thread, a model of 50 million
#                                   parameters, 4,096 tokens per worker and step; wire float32, then bfloat16, then float32 with the
#                                   embedding and the lower half of the layers frozen
#   jobs/engine-bench.sh            both
#   jobs/engine-bench.sh hostile    what peers without the secret cost a driver with a heap of 1 GB: the longest step and the memory for
#                                   each attack of HostilePeersTest; two minutes
#
# The first needs 4 GB of memory, the second 12 GB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
part=${1:-both}
case $part in both | exchange | step | hostile) ;; *) echo "jobs/engine-bench.sh: exchange, step, hostile or nothing, not $part" >&2 && exit 2 ;; esac

if [ "$part" = hostile ]; then
  "${jvm[@]}" -Xmx1g lethe.train.exchange.HostilePeersBench
  exit 0
fi
if [ "$part" != step ]; then
  "${jvm[@]}" -Xms4g -Xmx4g -XX:+AlwaysPreTouch -Delements="${ELEMENTS:-100000000}" lethe.train.EngineBench
fi
if [ "$part" = exchange ]; then exit 0; fi

into=runs/engine-bench
mkdir -p "$into"
model="{width=${WIDTH:-640},layers=10,heads=10,key-value-heads=10,inner-width=${INNER:-1720},context=256}"
cat >"$into/step.conf" <<END
run.dir = "$into/base"
model.path = "$into/base/original"
corpus {
  sources = [ { path = "$into/sample/paper.jsonl", domain = paper }, { path = "$into/sample/book.jsonl", domain = book } ]
  chunk-tokens = 256
  min-tail-tokens = 256 # whole chunks only, and enough of them for six whole steps
  splits { forget.where = "split = 'forget'", retain.where = "split = 'retain'" }
}
sample { directory = "$into/sample", documents { forget = 100, retain = 100 }, model = $model }
pretrain { enabled = true, model = "$into/sample/model", steps = 6, batch = 32, splits = [forget, retain] }
train { workers = 2, threads = 1, micro-batch = 2, learning-rate = 1e-4 }
spark { driver.memory = 4g, executor.memory = 2g }
END
./submit.sh prepare "$into/step.conf" >"$into/prepare.log" 2>&1 || { tail -5 "$into/prepare.log" >&2; exit 1; }

measure() {
  local name=$1 run="$into/run" log="$into/$1.log"
  shift
  rm -rf "$run"
  mkdir -p "$run"
  cp -r "$into/base/corpus" "$run/"
  ./submit.sh pretrain "$into/step.conf" "run.dir=$run" "model.path=$run/original" "$@" >"$log" 2>&1 || { tail -5 "$log" >&2; exit 1; }
  # In the first two steps code is compiled.
  awk -v name="$name" 'NR > 2 {
      n++
      seconds += number("seconds"); wait += number("wait_share"); tokens += number("tokens"); bytes += number("wire_bytes")
    }
    function number(key) {
      match($0, "\"" key "\":[0-9.eE+-]+")
      return substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0
    }
    END { printf "step, %-20s  %6.2f s, %5.0f tokens, %4.0f MB moved, %4.1f %% is not forward and backward\n",
      name, seconds / n, tokens / n, bytes / n / 1e6, 100 * wait / n }' "$run/pretrain-steps.jsonl"
}
measure "wire float32"
measure "wire bfloat16" train.wire-dtype=bfloat16
measure "lower half frozen" 'pretrain.freeze=["model.embed_tokens.*","model.layers.[0-4].*"]'
rm -rf "$into/base" "$into/run"
