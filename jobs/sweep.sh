#!/usr/bin/env bash
# Runs a grid of methods and rates over one corpus, and marks what reached the target with the least damage.
#
#   jobs/sweep.sh conf/shared.conf runs/sweep "gradient-ascent ascent-descent-in-distribution" "2e-5 5e-5 1e-4" [key=value ...]
#
# A run that is finished is not run again, so a sweep that was interrupted goes on where it was.
set -uo pipefail
if [ $# -lt 4 ]; then
  sed -n '2,6p' "$0" | cut -c3- >&2
  exit 2
fi
conf=$1 into=$2 methods=$3 rates=$4
shift 4
home=$(cd "$(dirname "$0")/.." && pwd)
runs=()
for method in $methods; do
  for rate in $rates; do
    run="$into/${method//+/-}-$rate"
    "$home/submit.sh" run "$conf" "run.dir=$run" "unlearn.method=$method" "train.learning-rate=$rate" "$@"
    code=$?
    # 3: finished, with another verdict than required. Anything else is no result, and the others still are.
    if [ $code -eq 0 ] || [ $code -eq 3 ]; then runs+=("\"$run\""); else echo "sweep: $run ended with exit $code" >&2; fi
  done
done
if [ ${#runs[@]} -eq 0 ]; then
  echo "sweep: no run finished" >&2
  exit 1
fi
list=$(IFS=,; echo "${runs[*]}")
exec "$home/submit.sh" report "$conf" "run.dir=$into" "report.compare=[$list]" "$@"
