#!/usr/bin/env bash
# Nanoseconds per element of the engine's loops over numbers, on all processors at once: adding and rounding gradients beside a loop that
# memory alone limits, AdamW, the check for values that are not finite. Two minutes and 512 MB per processor.
# jobs/jmh.sh [options of JMH and patterns of benchmarks], for example: jobs/jmh.sh -t 1 WireFormat
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
jvm[${#jvm[@]}-1]+=":$PWD/target/jmh/*"
"${jvm[@]}" org.openjdk.jmh.Main -t max "$@"
