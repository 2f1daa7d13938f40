#!/usr/bin/env bash
# Starts Jupyter with what the notebooks beside this script need: the classes of Lethe, Spark and XChart, and Spark's flags for the JVM.
#
#   notebooks/jupyter.sh                                                          jupyter lab
#   notebooks/jupyter.sh nbconvert --to html --execute notebooks/run.ipynb        any other command of Jupyter's
#   notebooks/jupyter.sh --class-path                                             prints the class path, for a kernel's own settings
#
# Needs Jupyter and a Java kernel. JJava (pip install jjava) takes its class path from the environment; for the kernel of rapaio, put what
# --class-path prints into RJK_CLASSPATH in its kernel.json. run-python.ipynb needs neither of them, and none of this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/jvm.sh
jars=(target/lethe.jar target/lib/*.jar target/notebooks/*.jar)
classes=$(printf '%s:' "${jars[@]/#/$PWD/}" "$spark"/jars/*.jar)
if [ "${1:-}" = --class-path ]; then
  echo "${classes%:}"
  exit 0
fi
if ! command -v jupyter >/dev/null; then
  echo "notebooks/jupyter.sh: there is no jupyter on the PATH: install it (Debian: jupyter; pip install jupyterlab), and a Java kernel (pip install jjava)" >&2
  exit 2
fi
export JJAVA_CLASSPATH="${classes%:}"
export JDK_JAVA_OPTIONS="\"@$PWD/conf/jvm.options\" \"-Dlog4j2.configurationFile=$PWD/conf/log4j2.properties\" -Djava.awt.headless=true"
if [ $# -eq 0 ]; then
  set -- lab
fi
exec jupyter "$@"
