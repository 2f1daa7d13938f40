#!/usr/bin/env bash
# Makes a folder that runs where there is Java 17 or later and nothing else: submit.sh, the jars for one line of Spark, the embedded
# Spark of that line, conf, and those of jobs that need no sources; beside it the SHA-256 of each of its files.
#
#   jobs/release.sh [OUT [LINE]]        OUT is target/release, LINE spark-4 (or spark-3.5)
#   cd OUT && sha256sum --check --quiet lethe-VERSION-LINE.sha256
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-target/release} line=${2:-spark-4}
case $line in
  spark-4) build=target make=(mvn -q -B -ntp -DskipTests package) ;;
  spark-3.5) build=target-3.5 make=(mvn -q -B -ntp -P spark-3.5 -DskipTests package) ;;
  *)
    echo "Unknown line of Spark \"$line\": it is spark-4 or spark-3.5" >&2
    exit 2
    ;;
esac
if ! [ -f $build/lethe.jar ] || ! [ -d $build/spark/jars ]; then "${make[@]}"; fi
version=$(unset SPARK_HOME && java -cp "$build/lethe.jar:$build/lib/*:$build/spark/jars/*" lethe.Main --version | cut -d' ' -f2)
name=lethe-$version-$line
mkdir -p "$out"
rm -rf "${out:?}/$name"
mkdir -p "$out/$name/$build/spark" "$out/$name/jobs"
copy() { cp -a --reflink=auto "$@"; } # no hard links: the next build writes into the files of this one
copy $build/lethe.jar $build/lib "$out/$name/$build/"
copy $build/spark/jars "$out/$name/$build/spark/"
cp -a submit.sh conf docs README.md CHANGELOG.md LICENSE "$out/$name/"
for job in jobs/*; do
  if ! grep -qE 'mvn |jvm\.sh|cluster\.sh|test-classes' "$job"; then cp -a "$job" "$out/$name/jobs/"; fi
done
(cd "$out" && find "$name" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$name.sha256")
echo "$out/$name"
