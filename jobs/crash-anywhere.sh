#!/usr/bin/env bash
# Shows that a driver may die anywhere. Runs small stages in one process on a file system that fails at a call and from then on, for
# every create, write, close, rename and delete of each stage, gives the same command again, and compares what is left with an
# undisturbed run: weights, losses of every step, scores, evaluation, and no file too many. Hours for all calls of all verbs.
#
#   jobs/crash-anywhere.sh [VERBS [SCHEME [POINTS]]]
#   jobs/crash-anywhere.sh prepare,pretrain,finetune,retrain,unlearn,evaluate,report crash-disk all
#
# SCHEME: crash-disk replaces files as a local disk does, crash as a file system without an atomic rename, crash-store as an object
# store. POINTS: how many calls of each verb, drawn with a fixed seed, or all. Exit 1 when a call does not end as it should.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
verbs=${1:-prepare,pretrain,finetune,retrain,unlearn,evaluate,report} scheme=${2:-crash-disk} points=${3:-all}
exec mvn -B -ntp verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=CrashAnywhereIT \
  -Dlethe.crash.verbs="$verbs" -Dlethe.crash.scheme="$scheme" -Dlethe.crash.points="$points"
