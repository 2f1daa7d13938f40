#!/usr/bin/env bash
# A run on YARN whose driver runs on the cluster, too, so that this terminal may be closed. Not run by the authors on a cluster of their
# own; what it hands to spark-submit is tested.
#
#   SPARK_HOME=/opt/spark HADOOP_CONF_DIR=/etc/hadoop/conf jobs/yarn.sh run conf/my.conf run.dir=hdfs:///lethe/my [key=value ...]
#
# The run file is shipped with --files and must be whole: no include, and all paths in it such as the cluster's hosts see. YARN makes
# the secret that the processes authenticate with.
set -euo pipefail
if [ $# -lt 2 ] || [ -z "${SPARK_HOME:-}" ] || [ -z "${HADOOP_CONF_DIR:-}" ]; then
  sed -n '5,8p' "$0" | cut -c3- >&2
  exit 2
fi
exec "$(dirname "${BASH_SOURCE[0]}")/../submit.sh" "$1" "$2" spark.master=yarn spark.submit.deployMode=cluster \
  spark.yarn.maxAppAttempts=2 "${@:3}"
