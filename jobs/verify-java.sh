#!/usr/bin/env bash
# Builds Lethe and runs the tests with another JDK than the gate's, which is 17. Spark 4.0 and 4.1 run on Java 17 and 21, Spark 4.2
# on 25, too. All of it is in target-java/.
#
#   jobs/verify-java.sh /usr/lib/jvm/temurin-21-jdk-amd64 [ARGUMENTS OF MAVEN...]
set -euo pipefail
jdk=${1:-}
if ! [ -x "$jdk/bin/java" ]; then
  sed -n '5p' "$0" | cut -c3- >&2
  exit 2
fi
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
"$jdk/bin/java" -version
export JAVA_HOME=$jdk PATH=$jdk/bin:$PATH
exec mvn -B -ntp verify -Dbuild.folder=target-java "$@"
