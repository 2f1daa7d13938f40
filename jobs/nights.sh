#!/usr/bin/env bash
# Shows that nights are forgotten exactly once whatever happens to the driver. First five nights with a stand-in for the run, in which the
# driver dies at every call that changes a file, some two minutes of one processor; then five nights of real runs on small documents,
# undisturbed and with a driver that dies in each of them, some three minutes more. Exit 1 when a request, a document or a bit of the
# weights is not as without deaths.
#
#   jobs/nights.sh [SCHEME]
#
# SCHEME of the stand-in's nights: crash-disk (the default) replaces files as a local disk does, crash as a file system without an atomic
# rename, crash-store as an object store.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec mvn -B -ntp verify -Dtest=NightlyTest -Dit.test=NightlyIT \
  -Dlethe.nights.kills=all -Dlethe.nights.all=true -Dlethe.nights.scheme="${1:-crash-disk}"
