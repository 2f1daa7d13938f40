#!/usr/bin/env bash
# How fast an executor writes answers, in one thread: a batch of questions of one length, greedily, with a fixed number of new tokens and
# no early end. With a Python that has torch and transformers, it takes turns with transformers' generate on the same token ids and prints
# both rates and their ratio, the best turn of each.
# jobs/bench-answers.sh [model, ../shared/base-model] [batch, 8] [new tokens, 128] [turns, 5] [python]
#   jobs/bench-answers.sh ../shared/base-model 8 128 5 python3
#   jobs/bench-answers.sh random 8 128 5 python3      (a Llama of 50 million random parameters)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
model=${1:-../shared/base-model} batch=${2:-8} new=${3:-128} turns=${4:-5} python=${5:-}
questions=../shared/tofu/tofu/retain_perturbed.json.gz
. jobs/jvm.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1 OMP_DYNAMIC=FALSE MKL_DYNAMIC=FALSE
export MKL_CBWR=AUTO,STRICT GLIBC_TUNABLES=glibc.malloc.hugetlb=1 # as SubmitArguments sets them for executors
if [ "$model" = random ]; then
  model=$folder/random
  mkdir "$folder/template"
  cp "${LETHE_TOKENIZER:-../shared/base-model}"/tokenizer*.json "$folder/template"
  cat >"$folder/template/config.json" <<JSON
{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 6,
 "num_attention_heads": 12, "num_key_value_heads": 12, "vocab_size": 4096, "max_position_embeddings": 1024, "rms_norm_eps": 1e-05,
 "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2}
JSON
  "${jvm[@]}" lethe.bench.RandomCheckpoint "$folder/template" "$model"
fi
command=()
# Python's process is an ordinary one: neither strict products nor huge pages are asked of it
[ -z "$python" ] || command=(env -u MKL_CBWR -u GLIBC_TUNABLES "$python" jobs/bench-answers.py "$model" "$folder/ids.json" "$new")
"${jvm[@]}" -Xmx2g lethe.evaluate.AnswersBench "$model" "$questions" \
  "$batch" "$new" "$turns" "$folder/ids.json" "${command[@]}"
