#!/usr/bin/env bash
# A run on YARN whose driver runs on the cluster, too, so that this terminal may be closed. YarnIT runs it on a cluster of one node.
#
#   SPARK_HOME=/opt/spark HADOOP_CONF_DIR=/etc/hadoop/conf jobs/yarn.sh run conf/my.conf run.dir=hdfs:///lethe/my [key=value ...]
#
# The driver gets all settings in one file: the run file may include others and name environment variables of this shell. Paths in it
# must be such as the cluster's hosts see. YARN makes the secret that the processes authenticate with. A lost application master is
# started again once, and goes on where the lost one ended.
set -euo pipefail
if [ $# -lt 2 ] || [ -z "${SPARK_HOME:-}" ] || [ -z "${HADOOP_CONF_DIR:-}" ]; then
  sed -n '4,8p' "$0" | cut -c3- >&2
  exit 2
fi
exec "$(dirname "${BASH_SOURCE[0]}")/../submit.sh" "$1" "$2" spark.master=yarn spark.submit.deployMode=cluster \
  spark.yarn.maxAppAttempts=2 "${@:3}"
