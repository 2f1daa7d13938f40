#!/usr/bin/env bash
# Forgets tasks of TOFU one after the other: each run begins with the model of the one before and forgets the rows of its own task; rows of
# earlier tasks are never kept, and after each run the questions of all tasks so far are asked again. At the end a table per figure shows the
# runs by the tasks: what comes back of what an earlier run forgot.
#
#   jobs/continual.sh FOLDER TAUGHT "1 2 3" [key=value ...]
#
# TAUGHT is the folder of a model that knows the rows (jobs/tofu.sh makes one in runs/tofu/taught/finetuned). A run that is finished is not run
# again, so the job goes on where it was. REFERENCE=original compares every task with TAUGHT (fix_ref_model of Yuan et al.), the default
# REFERENCE=start with the model that the task begins with. KEEP_MODELS=0 deletes a model when the next task has been forgotten. CONF is the
# run file, conf/tofu.conf by default; FORGET its questions about rows to forget, for all tasks.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n '2,12p' "$0" | cut -c3- >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
into=$1 taught=$2 tasks=$3
shift 3
conf=${CONF:-conf/tofu.conf} reference=${REFERENCE:-start} data=${DATA:-../shared/tofu/tofu}
forget=${FORGET:-$data/forget01_perturbed.json.gz}
others="{ name = retain, path = \"$data/retain_perturbed.json.gz\", use = retain, rows = ${ROWS:-300} }"
before=$taught done_tasks='' sets='' runs=()
for task in $tasks; do
  run="$into/task-$task"
  done_tasks="${done_tasks:+$done_tasks, }'$task'"
  sets="${sets:+$sets, }{ name = task-$task, path = \"$forget\", use = forget, where { task_id = \"$task\" }, rows = ${ROWS:-300} }"
  if [ ! -e "$before/config.json" ] && [ ! -e "$run/report/report.json" ]; then
    echo "continual: $before has no config.json, and task $task begins with that model: keep it (KEEP_MODELS=1), or run its task again" >&2
    exit 2
  fi
  if [ ! -e "$run/report/report.json" ]; then
    ./submit.sh run "$conf" "run.dir=$run" "model.path=$taught" "unlearn.initial-weights=$before" "unlearn.reference=$reference" \
      "corpus.splits.forget.where=\"task_id = '$task'\"" \
      "corpus.splits.retain.where=\"domain = 'authors' AND (task_id IS NULL OR NOT task_id IN ($done_tasks))\"" \
      "evaluate.answers.questions=[$sets, $others]" "$@" || [ $? -eq 3 ] # 3: finished, with another verdict than required
  else
    echo "continual: task $task is done ($run/report)"
  fi
  if [ "${KEEP_MODELS:-1}" = 0 ] && [ "$before" != "$taught" ]; then
    rm -rf "$before"
  fi
  before="$run/model"
  runs+=("\"$run\"")
done
list=$(IFS=,; echo "${runs[*]}")
exec ./submit.sh report "$conf" "run.dir=$into" "report.compare=[$list]"
