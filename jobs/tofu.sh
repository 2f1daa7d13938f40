#!/usr/bin/env bash
# Teaches a model the rows of TOFU, and makes it forget the first task's by methods of Yuan et al., one run each; the verb sweep prints the
# table. jobs/tofu.sh [FOLDER [METHODS [RATES [key=value ...]]]], the pairs for the runs that forget. What is finished is not run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
into=${1:-runs/tofu} methods=${2:-max-entropy+descent idk+preservation dpo+descent npo+descent}
rates=${3:-1e-4}
shift $(($# < 3 ? $# : 3))
./submit.sh prepare conf/tofu.conf "run.dir=$into/taught"
./submit.sh finetune conf/tofu.conf "run.dir=$into/taught"
list() { printf '"%s",' $1; }
exec ./submit.sh sweep conf/tofu.conf "run.dir=$into" "sweep.methods=[$(list "$methods")]" "sweep.rates=[${rates// /,}]" \
  "model.path=$into/taught/finetuned" "$@"
