#!/usr/bin/env bash
# Compares what preflight says a training needs with what it takes: for random models of 55 and 400 million parameters, all of them
# trained, and of 1.1 billion with an adapter of rank 16, prints the resident memory of the driver and of the worker while two steps are
# made, beside preflight's. Ends with 1 when one of them is more than 10 % from it. 512 tokens, one worker of one thread, a checkpoint
# after each step. Takes 18 GB of memory, 10 GB of disk, and a quarter of an hour on two cores.
#
#   jobs/memory.sh [55m] [400m] [1b]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
. jobs/watch.sh
into=runs/memory
mkdir -p "$into"
into=$(cd "$into" && pwd)

RANDOM=1
{
  for i in 1 2; do line "f$i" forget "a text to forget"; done
  for i in 1 2; do line "r$i" retain "a text to keep"; done
} >"$into/texts.jsonl"

config() { # WIDTH INNER LAYERS HEADS
  cat <<END2
{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": $1, "intermediate_size": $2, "num_hidden_layers": $3,
 "num_attention_heads": $4, "num_key_value_heads": ${5:-$4}, "vocab_size": 32000, "max_position_embeddings": 2048, "rms_norm_eps": 1e-05,
 "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "bfloat16", "bos_token_id": 1,
 "eos_token_id": 2}
END2
}

if ! [ -f "$into/sample/model/tokenizer.json" ]; then
  ./submit.sh prepare conf/quickstart.conf "run.dir=$into/first" "sample.directory=$into/sample" >"$into/sample.log" 2>&1 ||
    { tail -5 "$into/sample.log" >&2; exit 1; }
fi

status=0

measure() { # NAME METHOD [SETTING...]: of the model in $into/NAME/model
  local name=$1 method=$2 run="$into/$1/run"
  shift 2
  cat >"$into/$name/memory.conf" <<END2
run.dir = "$run"
model.path = "$into/$name/model"
corpus {
  sources = [ { path = "$into/texts.jsonl", domain = d } ]
  chunk-tokens = 512
  duplicates.action = ignore
  splits { forget.where = "split = 'forget'", retain.where = "split = 'retain'" }
}
unlearn.method = $method
train { batch = 2, micro-batch = 1, shards = 2, steps = 3, learning-rate = 1e-5, workers = 1, threads = 1, checkpoint-every = 1 }
spark.driver.memory = 16g
spark.executor.memory = 16g
spark.master = "local-cluster[1,1,16384]"
END2
  rm -rf "$run"
  ./submit.sh prepare "$into/$name/memory.conf" "$@" >"$into/$name/prepare.log" 2>&1 || { tail -5 "$into/$name/prepare.log" >&2; exit 1; }
  # What preflight asks for is what the training gets.
  ./submit.sh preflight "$into/$name/memory.conf" "$@" >"$into/$name/preflight.log" 2>&1 || { tail -5 "$into/$name/preflight.log" >&2; exit 1; }
  local driver worker
  driver=$(sed -nE 's/.*driver heap ([0-9]+)m.*/\1/p' "$into/$name/preflight.log")
  worker=$(sed -nE 's/.*needs ([0-9]+)m of heap.*/\1/p' "$into/$name/preflight.log")
  touch "$into/$name/watch"
  rm -f "$into/$name/watch.seen"
  watch "$into/$name/watch" &
  local watcher=$! ended=0
  ./submit.sh unlearn "$into/$name/memory.conf" "$@" "spark.driver.memory=${driver}m" "spark.executor.memory=${worker}m" "spark.master=local-cluster[1,1,$worker]" \
    >"$into/$name/unlearn.log" 2>&1 || ended=$?
  rm "$into/$name/watch"
  wait "$watcher"
  [ $ended -eq 0 ] || { tail -5 "$into/$name/unlearn.log" >&2; exit 1; }
  local kind said seen
  for kind in driver worker; do
    [ $kind = driver ] && said=$(sed -nE 's/.*the driver takes about ([0-9]+)m.*/\1/p' "$into/$name/preflight.log")
    [ $kind = worker ] && said=$(sed -nE 's/.*of memory, a worker ([0-9]+)m.*/\1/p' "$into/$name/preflight.log")
    seen=$(awk -v kind=$kind '$1 == kind && $3 > most { most = $3 } END { print most + 0 }' "$into/$name/watch.seen")
    printf '%-5s %-7s %6d MiB seen, %6d MiB said, %+5.1f %%\n' "$name" $kind "$seen" "$said" "$(((said - seen) * 1000 / seen))e-1"
    [ $((said * 10)) -ge $((seen * 9)) ] && [ $((said * 10)) -le $((seen * 11)) ] || status=1
  done
  rm -rf "$run"
}

model() { # NAME CONFIG
  mkdir -p "$into/$1/template"
  cp -r "$into/sample/model/." "$into/$1/template/"
  echo "$2" >"$into/$1/template/config.json"
  [ -f "$into/$1/model/config.json" ] || "${jvm[@]}" -Xmx1g lethe.bench.RandomCheckpoint "$into/$1/template" "$into/$1/model"
}

[ $# -gt 0 ] || set -- 55m 400m 1b
for name in "$@"; do
  case $name in
    55m) model 55m "$(config 512 1408 7 8)"; measure 55m ascent-descent-in-distribution ;;
    400m) model 400m "$(config 1024 2816 26 16)"; measure 400m ascent-descent-in-distribution ;;
    1b) model 1b "$(config 2048 5632 22 32 4)"; measure 1b ascent-kl-in-distribution train.precision=bfloat16 train.lora.rank=16 ;;
    *) echo "jobs/memory.sh: 55m, 400m and 1b, not $name" >&2 && exit 2 ;;
  esac
done
exit $status
