#!/usr/bin/env bash
# Unlearns with a model of TinyLlama's shape, 1.1 billion random parameters in bfloat16, on one machine: preflight, prepare, two steps of
# ascent-kl-in-distribution with an adapter of rank 16, context 512, two workers of one thread, evaluation of some chunks, and the merged
# model. Then the same again with a worker killed in the second step. Prints what the driver and each worker had in memory at most, the
# bytes that a step sends, and whether the two models have the same bits. Takes some 10 GB of disk and half an hour on two cores.
#
#   jobs/billion.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
. jobs/watch.sh
into=${1:-runs/billion}
mkdir -p "$into"
into=$(cd "$into" && pwd)

RANDOM=1
{
  for i in 1 2; do line "f$i" forget "a text to forget"; done
  for i in 1 2; do line "r$i" retain "a text to keep"; done
  for i in 1 2; do line "g$i" general "some other text"; done
} >"$into/texts.jsonl"

cat >"$into/billion.conf" <<END
run.dir = "$into/run"
model.path = "$into/model"
corpus {
  sources = [ { path = "$into/texts.jsonl", domain = d } ]
  chunk-tokens = 512
  duplicates.action = ignore
  splits { forget.where = "split = 'forget'", retain.where = "split = 'retain'", general.where = "split = 'general'" }
}
unlearn.method = ascent-kl-in-distribution
train { batch = 2, micro-batch = 1, steps = 2, learning-rate = 1e-4, workers = 2, threads = 1, precision = bfloat16, checkpoint-every = 1
        lora { rank = 16, alpha = 32 } }
evaluate { micro-batch = 1, precision = bfloat16 }
spark.driver.memory = 2g
spark.executor.memory = 1g
spark.sql.codegen { wholeStage = false, factoryMode = NO_CODEGEN }
spark.sql.adaptive.enabled = false
spark.sql.shuffle.partitions = 2
END

if ! [ -f "$into/model/config.json" ]; then
  ./submit.sh prepare "$into/billion.conf" "run.dir=$into/first" "sample.directory=$into/sample" pretrain.enabled=true \
    "pretrain.model=$into/sample/model" corpus.chunk-tokens=64 >"$into/sample.log" 2>&1 || { tail -5 "$into/sample.log" >&2; exit 1; }
  rm -rf "$into/template" && cp -r "$into/sample/model" "$into/template"
  cat >"$into/template/config.json" <<'END'
{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 5632,
 "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 32000, "max_position_embeddings": 2048,
 "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "bfloat16",
 "bos_token_id": 1, "eos_token_id": 2}
END
  "${jvm[@]}" -Xmx1g lethe.bench.RandomCheckpoint "$into/template" "$into/model"
fi

run() { # NAME [SETTING...]
  local name=$1 begun=$SECONDS
  shift
  local command=("$into/billion.conf" "run.dir=$into/$name" "$@")
  rm -rf "${into:?}/$name" "$into/$name.watch.seen"
  touch "$into/$name.watch"
  watch "$into/$name.watch" &
  local watcher=$!
  local status=0
  ./submit.sh run "${command[@]}" >"$into/$name.log" 2>&1 || status=$?
  rm "$into/$name.watch"
  wait "$watcher"
  [ $status -eq 0 ] || { tail -5 "$into/$name.log" >&2; exit 1; }
  echo "$name: $((SECONDS - begun)) s"
  sort -k1,1 -k2,2n -k3,3n "$into/$name.watch.seen" |
    awk '{ most[$1 " " $2] = $3 } END { for (p in most) print "  most memory of a " p ": " most[p] " MiB" }' | sort
  awk '/Pipeline: stage|^[a-z]+: [0-9]+ s$/ { print "  " $0 }' "$into/$name.log" | grep -E '^  [a-z]+: ' || true
  rm -f "$into/$name.watch.seen"
}

./submit.sh preflight "$into/billion.conf" 2>&1 | grep -E 'parameters|network card' | sed 's/^/preflight: /'
run plain
run killed spark.executorEnv.LETHE_FAULT=worker/1/2/push
grep -ohE '"(launch|attempt)":[0-9]+' "$into/killed/steps.jsonl" | tr '\n' ' ' | sed 's/^/killed: /'
echo
grep -qE '"(launch|attempt)":[1-9]' "$into/killed/steps.jsonl" || { echo "billion: no worker was killed" >&2; exit 1; }
grep -ohE '"wire_bytes":[0-9]+' "$into/plain/steps.jsonl" | head -1 | sed 's/^/bytes sent in a step: /'
cmp <(cat "$into"/plain/model/*.safetensors | sha256sum) <(cat "$into"/killed/model/*.safetensors | sha256sum) &&
  echo "the same bits: $(cat "$into"/plain/model/*.safetensors | sha256sum | cut -c1-16)"
