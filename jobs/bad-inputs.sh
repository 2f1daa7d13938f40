#!/usr/bin/env bash
# Ten thousand bad inputs: damaged run files, settings, corpora, lists, models and run folders, each read as a user's command reads it.
# Prints those that are not answered as they should be, and a table; exit 1 if there are any. Ten minutes of one processor, 1 GB.
# jobs/bad-inputs.sh [number | from-to ...]: all, or those with these numbers; of a single one everything it prints is shown.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
export TMPDIR=${TMPDIR:-/tmp}
"${jvm[@]}" -Xmx1g "-Djava.io.tmpdir=$TMPDIR" lethe.badinput.BadInputs "$@"
