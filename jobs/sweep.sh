#!/usr/bin/env bash
# Runs a grid of methods and rates over one corpus, and marks what reached the target with the least damage.
#
#   jobs/sweep.sh conf/shared.conf runs/sweep "gradient-ascent ascent-descent-in-distribution" "2e-5 5e-5 1e-4" [key=value ...]
#
# The documents are prepared once, and labels and the original model's scores are made once, for all runs. A run that is finished is not
# run again, so a sweep that was interrupted goes on where it was.
set -uo pipefail
if [ $# -lt 4 ]; then
  sed -n '2,7p' "$0" | cut -c3- >&2
  exit 2
fi
conf=$1 into=$2 methods=$3 rates=$4
shift 4
home=$(cd "$(dirname "$0")/.." && pwd)
start="$into/start" # what the runs share; each part is checked by its hash before it is used
"$home/submit.sh" prepare "$conf" "run.dir=$start" "$@" || exit
begin() {
  [ -d "$start" ] && [ ! -e "$1" ] || return 0 # run folders on another file system prepare for themselves
  rm -rf "$1.begun"
  mkdir -p "$1.begun/scores"
  cp -r "$start"/corpus* "$1.begun"
  if [ -d "$start/labels" ]; then cp -r "$start/labels" "$1.begun"; fi
  if [ -d "$start/scores/original" ]; then cp -r "$start/scores/original" "$1.begun/scores"; fi
  mv "$1.begun" "$1"
}
share() {
  [ -d "$start" ] || return 0
  for labels in "$1"/labels/*/; do
    to="$start/labels/$(basename "$labels")"
    if [ -d "$labels" ] && [ ! -e "$to" ]; then mkdir -p "$start/labels" && cp -r "$labels" "$to"; fi
  done
  if [ ! -d "$start/scores/original" ] && [ -d "$1/scores/original" ]; then
    mkdir -p "$start/scores"
    cp -r "$1/scores/original" "$start/scores"
  fi
}
runs=()
for method in $methods; do
  for rate in $rates; do
    run="$into/${method//+/-}-$rate"
    begin "$run"
    "$home/submit.sh" run "$conf" "run.dir=$run" "unlearn.method=$method" "train.learning-rate=$rate" "$@"
    code=$?
    # 3: finished, with another verdict than required. Any other code means no result; the other runs still count.
    if [ $code -eq 0 ] || [ $code -eq 3 ]; then
      runs+=("\"$run\"")
      share "$run"
    else
      echo "sweep: $run ended with exit $code" >&2
    fi
  done
done
if [ ${#runs[@]} -eq 0 ]; then
  echo "sweep: no run finished" >&2
  exit 1
fi
list=$(IFS=,; echo "${runs[*]}")
exec "$home/submit.sh" report "$conf" "run.dir=$into" "report.compare=[$list]" "$@"
