#!/usr/bin/env bash
# Shows that a driver may die anywhere, and its storage fail anywhere. Runs small stages in one process on a file system that fails
# at a call, for every create, write, close, rename and delete of each stage (on S3: for every request that changes an object), gives
# the same command again, and compares what is left with an undisturbed run: weights, losses of every step, scores, evaluation,
# run.json, and no file too many. Some forty minutes of one processor for all calls of all verbs under one scheme.
#
#   jobs/crash-anywhere.sh [VERBS [SCHEME [HOW [POINTS]]]]
#   jobs/crash-anywhere.sh prepare,pretrain,finetune,retrain,unlearn,evaluate,report crash-disk stopped all
#
# SCHEME: crash-disk replaces files as a local disk does, crash as a file system without an atomic rename, crash-store as an object
# store, all three on the local disk; s3a is an S3 server. HOW: stopped, this call and all after it fail, as when the process ends;
# once, only this call fails; full, nothing can be written from here on. POINTS: how many calls of each verb, drawn with a fixed
# seed; or the first and the last, as in 20-39; or all. Exit 1 when a call does not end as it should.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
verbs=${1:-prepare,pretrain,finetune,retrain,unlearn,evaluate,report} scheme=${2:-crash-disk} how=${3:-stopped} points=${4:-all}
exec mvn -B -ntp verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=CrashAnywhereIT \
  -Dlethe.crash.verbs="$verbs" -Dlethe.crash.scheme="$scheme" -Dlethe.crash.how="$how" -Dlethe.crash.points="$points"
