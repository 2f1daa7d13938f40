#!/usr/bin/env bash
# Speed of the training engine's own work on this machine: adding gradients and AdamW beside what copying memory reaches, and the
# exchange of a model of 100 million parameters with one worker over the loopback device. Takes about a minute and 4 GB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -f target/lethe.jar ] && [ -d target/lib ] || mvn -q -B -ntp -DskipTests package
exec java -Xms5g -Xmx5g -XX:+AlwaysPreTouch --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED \
  -Dlog4j2.configurationFile=conf/log4j2.properties -cp "target/lethe.jar:target/lib/*:${SPARK_HOME:-target/spark}/jars/*" \
  lethe.train.EngineBench
