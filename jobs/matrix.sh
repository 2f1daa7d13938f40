#!/usr/bin/env bash
# Shows that neither the number of workers nor a death changes a bit of the result. Trains a tiny model with every
# number of workers and every fault: an executor killed (kill -9) when its gradient is ready, while it sends it, and while it fetches the
# next weights; the driver killed after step 8 and started again with the same command. For every row: the step of the kill, the launch
# and attempt that finished the run (and that it was a second driver), the seconds from the kill to the next applied step, the applied
# steps that were computed again, and whether the records are steps 1..N without gap or repeat. Ends with one sha256 of the master
# weights per wire format; "adapter" is float32 with a low-rank adapter, of which only A and B are trained and sent.
#
#   jobs/matrix.sh [FOLDER [WORKERS [WIRES [FAULTS]]]]
#   jobs/matrix.sh runs/matrix "1 2 3 4" "float32 bfloat16 adapter" "none computed push pull driver"
#
# Exit 1 when a row differs or fails.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
into=${1:-runs/matrix} all_workers=${2:-1 2 3 4} wires=${3:-float32 bfloat16 adapter} faults=${4:-none computed push pull driver}
steps=10 driver_step=8
rm -rf "$into"
mkdir -p "$into"
into=$(cd "$into" && pwd)
failed=0
fail() {
  echo "matrix: $*" >&2
  failed=1
}

cat >"$into/matrix.conf" <<END
run.dir = "$into/base"
model.path = "$into/base/original"
corpus {
  sources = [ { path = "$into/sample/paper.jsonl", domain = paper }, { path = "$into/sample/book.jsonl", domain = book } ]
  chunk-tokens = 64
  duplicates.action = ignore # looking for them takes many seconds of Spark's
  splits { forget.where = "split = 'forget'", retain.where = "split = 'retain'" }
}
unlearn { method = ascent-descent-in-distribution }
train { batch = 8, micro-batch = 4, steps = $steps, learning-rate = 1e-3, lr-schedule = cosine, warmup-ratio = 0.2, threads = 1
        checkpoint-every = 3, bucket-kib = 16 }
spark.executor.memory = 1g
END

# The start: a corpus and a model with random weights, trained for two steps, in one process.
begin() {
  ./submit.sh "$1" "$into/matrix.conf" "sample.directory=$into/sample" \
    "sample.model={width=32,layers=2,heads=2,key-value-heads=2,inner-width=64,context=256}" \
    pretrain.enabled=true "pretrain.model=$into/sample/model" pretrain.steps=2 train.workers=1 "spark.master=local[1]" \
    >"$into/$1.log" 2>&1 ||
    { tail -5 "$into/$1.log" >&2; exit 1; }
}
begin prepare
begin pretrain
start=$(sha256sum <"$into/base/original/model.safetensors" | cut -d' ' -f1)

numbers() { grep -o "\"$2\":-\?[0-9]*" "$1" | cut -d: -f2; }
finished() { date -d "$(sed -n "$2s/.*\"finished\":\"\([^\"]*\)\".*/\1/p" "$1")" +%s.%N; }

row() {
  local wire=$1 workers=$2 fault=$3
  local run="$into/$wire-$workers-$fault" log="$into/$wire-$workers-$fault.log"
  local command=(./submit.sh unlearn "$into/matrix.conf" "run.dir=$run" "train.workers=$workers")
  case $wire in
    adapter) command+=(train.lora.rank=4 train.learning-rate=1e-2) ;;
    *) command+=("train.wire-dtype=$wire") ;;
  esac
  local kill=- lost=0 seconds=- died=""
  mkdir -p "$run" && cp -r "$into/base/corpus" "$run/"
  case $fault in
    none) "${command[@]}" >"$log" 2>&1 || fail "$run ended with exit $?, see $log" ;;
    driver)
      kill=$driver_step
      LETHE_FAULT=driver/$kill "${command[@]}" >"$log" 2>&1
      [ $? -eq 137 ] || fail "$run: the driver was not killed, see $log"
      died=$(date +%s.%N)
      "${command[@]}" >>"$log" 2>&1 || fail "$run ended with exit $? when it was started again, see $log"
      local from
      from=$(sed -n 's/.*Resuming from the checkpoint of step \([0-9]*\) .*/\1/p' "$log" | head -1) # said to the console and the log
      [ -n "$from" ] || { fail "$run did not go on from a checkpoint"; from=0; }
      lost=$((kill - from))
      ;;
    *)
      case $fault in computed) kill=3 ;; push) kill=5 ;; pull) kill=6 ;; esac
      "${command[@]}" "spark.executorEnv.LETHE_FAULT=worker/$((workers - 1))/$kill/$fault" >"$log" 2>&1 ||
        fail "$run ended with exit $?, see $log"
      ;;
  esac
  local records="$run/steps.jsonl" weights="$run/model/model.safetensors"
  if ! [ -f "$records" ] || ! [ -f "$weights" ]; then fail "$run has no result" && return; fi
  local whole=yes
  [ "$(numbers "$records" step | tr '\n' ' ')" = "$(seq -s' ' 1 $steps) " ] || { whole=NO; fail "$run: steps are not 1..$steps once each"; }
  local again
  again=$(numbers "$records" launch | tail -1).$(numbers "$records" attempt | tail -1)
  if [ "$fault" != none ] && [ "$fault" != driver ]; then
    [ "$again" != 0.0 ] || fail "$run: nobody was killed"
    # The step that was under way is the first one after the kill.
    local next=$kill
    [ "$fault" = pull ] && next=$((kill + 1))
    seconds=$(awk -v a="$(finished "$records" $((next - 1)))" -v b="$(finished "$records" $next)" 'BEGIN { printf "%.1f", b - a }')
  elif [ "$fault" = driver ]; then
    again="$again, driver 2"
    seconds=$(awk -v a="$died" -v b="$(finished "$records" $((kill + 1)))" 'BEGIN { printf "%.1f", b - a }')
  fi
  local sha
  sha=$(sha256sum <"$weights" | cut -d' ' -f1)
  [ "$sha" != "$start" ] || fail "$run: the weights are those of the start"
  echo "$sha" >>"$into/$wire.sha256"
  line "$wire" "$workers" "$fault" "$kill" "$again" "$seconds" "$lost" "$whole" "${sha:0:16}"
}

line() {
  printf '%-9s %7s %-9s %12s %13s %16s %11s %8s  %s\n' "$@"
}

line wire workers fault "step of kill" last-launch.try "s to next step" "steps again" "1..$steps" sha256
for wire in $wires; do
  for workers in $all_workers; do
    for fault in $faults; do
      row "$wire" "$workers" "$fault"
    done
  done
done
rows=$(($(wc -w <<<"$all_workers") * $(wc -w <<<"$faults")))
for wire in $wires; do
  [ "$(cat "$into/$wire.sha256" 2>/dev/null | wc -l)" -eq $rows ] || fail "$wire: not every one of $rows rows has a result"
  case $(sort -u "$into/$wire.sha256" 2>/dev/null | wc -l) in
    1) echo "$wire: every row has the weights $(sort -u "$into/$wire.sha256"); the start has $start" ;;
    *) fail "$wire: the rows do not agree: $(sort "$into/$wire.sha256" 2>/dev/null | uniq -c | tr '\n' ' ')" ;;
  esac
done
exit $failed
