#!/usr/bin/env bash
# What objectives cost: steps of pairs of terms beside ascent + descent, the label and reference stages beside the forward pass,
# each in one process and by turns. Settings are those of the verb bench; 1024 chunks for the stages unless CHUNKS says otherwise.
# jobs/bench-objectives.sh model.path=../shared/base-model bench.tokens=256 bench.batch=8 [key=value ...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
jvm+=(-Xmx2g -Dspark.local.dir="$folder")
mapfile -d '' -t settings < <("${jvm[@]}" lethe.Main --print-submit bench "$@") # what a worker's environment is
for setting in "${settings[@]}"; do
  case "$setting" in spark.executorEnv.*) export "${setting#spark.executorEnv.}" ;; esac
done
"${jvm[@]}" lethe.objective.ObjectiveBench "$folder" "${CHUNKS:-1024}" "$@"
