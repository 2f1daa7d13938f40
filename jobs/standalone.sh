#!/usr/bin/env bash
# A run on a Spark standalone cluster: here one master and two workers on this machine, started for it and ended with it, from
# the embedded Spark. On several machines the master and the workers stay, with the same properties file on each:
#
#   jobs/standalone.sh VERB CONF [key=value ...]
#   WORKERS=2 CORES=1 MEMORY=2g  of each worker      PORT=17077  of the master
set -euo pipefail
if [ $# -lt 2 ]; then
  sed -n '2,6p' "$0" | cut -c3- >&2
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=jobs/cluster.sh
. jobs/cluster.sh
# shellcheck disable=SC2317 # called by the trap
stop() {
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${daemons[@]}" 2>/dev/null || true
  rm -rf "$cluster"
}
trap stop EXIT
port=${PORT:-17077}
master 127.0.0.1 "$port"
for i in $(seq "${WORKERS:-2}"); do worker "$i" 127.0.0.1 "${CORES:-1}" "${MEMORY:-2g}" "127.0.0.1:$port"; done

status=0
# shellcheck disable=SC2016 # Lethe reads the variable: arguments can be read by every user of the machine
CLUSTER_SECRET=$secret ./submit.sh "$1" "$2" "spark.master=spark://127.0.0.1:$port" run.dir-is-shared=true \
  'spark.authenticate.secret=${CLUSTER_SECRET}' "${@:3}" || status=$?
if [ $status -eq 1 ] && [ -n "${KEEP_LOGS:-}" ]; then cp "$cluster"/*.log "$KEEP_LOGS"; fi
exit $status
