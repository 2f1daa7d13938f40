#!/usr/bin/env bash
# Runs a verb of Lethe through spark-submit: that of SPARK_HOME, or of an embedded Spark under target/. There is one build for Spark 4,
# in target/, and one for Spark 3.5, in target-3.5/; the Spark that is found decides which is used.
set -euo pipefail
script=${BASH_SOURCE[0]}
while [ -L "$script" ]; do
  link=$(readlink "$script")
  case $link in
    /*) script=$link ;;
    *) script=$(dirname "$script")/$link ;;
  esac
done
root=$(cd "$(dirname "$script")" && pwd)

# Java writes names of files in the locale's encoding; a container's is often ASCII.
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
  *UTF-8 | *utf-8 | *UTF8 | *utf8) ;;
  *) { export LC_ALL=C.UTF-8; } 2>/dev/null ;;
esac

if ! id -un >/dev/null 2>&1; then
  echo "Cannot start Spark: the user with the id $(id -u) has no name here, and Hadoop asks for one." \
    "Give it one in /etc/passwd; in a container: echo \"lethe:x:$(id -u):$(id -g)::/tmp:/bin/sh\" >>/etc/passwd" >&2
  exit 2
fi

java=$(command -v java || true)
release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$(dirname "$(readlink -f "${java:-none}")")/../release" 2>/dev/null || true)
if [ -z "$java" ] || [ "${release:-17}" -lt 17 ]; then
  echo "Cannot run: Lethe needs Java 17 or later, and there is ${java:-no java}${release:+, Java $release} on the PATH." \
    "Put the folder bin of a newer one first: PATH=/usr/lib/jvm/java-17-openjdk-amd64/bin:\$PATH" >&2
  exit 2
fi

# Which Spark there is, and which build fits it.
line=spark-4
if [ -n "${SPARK_HOME:-}" ]; then
  core=$(find "$SPARK_HOME/jars" -maxdepth 1 -name 'spark-core_*.jar' -print -quit 2>/dev/null || true)
  case "$(basename "${core:-none}")" in
    spark-core_2.13-4.*) ;;
    spark-core_2.12-3.5.*) line=spark-3.5 ;;
    *)
      echo "Cannot use SPARK_HOME=$SPARK_HOME: Lethe needs Spark 4 with Scala 2.13, or Spark 3.5 with Scala 2.12;" \
        "found $(basename "${core:-no spark-core jar}"). Unset SPARK_HOME to use the embedded Spark." >&2
      exit 2
      ;;
  esac
elif [ -f "$root/target-3.5/lethe.jar" ] && [ ! -f "$root/pom.xml" ]; then
  line=spark-3.5 # a release for it
fi
case $line in
  spark-4) build=$root/target scala=2.13 make=(mvn -q -B -ntp -DskipTests package) ;;
  spark-3.5) build=$root/target-3.5 scala=2.12 make=(mvn -q -B -ntp -P spark-3.5 -DskipTests package) ;;
esac
if [ -f "${SPARK_HOME:-}/../lethe.jar" ]; then build=$(cd "$SPARK_HOME/.." && pwd); fi # the embedded Spark of a build elsewhere
jar=$build/lethe.jar
lib=$build/lib
stamp=$build/lethe.sources

unused=(\( -path '*src/test' -o -path '*src/bench' -o -path '*src/spark-*/test' \)) # by the jar

# The sources and the jar made from them, by their content: a copy of a checkout has other file times.
contents() {
  (cd "$root" && find pom.xml src "${jar#"$root"/}" "${unused[@]}" -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum)
}

why="there is no ${jar#"$root"/}"
if [ -f "$jar" ] && [ -d "$lib" ]; then
  newer=$(find "$root/pom.xml" "$root/src" "${unused[@]}" -prune -o -newer "$jar" -print -quit 2>/dev/null || true)
  why=
  if [ ! -f "$root/pom.xml" ]; then
    : # a release has no sources
  elif [ -z "$newer" ]; then
    if [ ! -f "$stamp" ] || [ "$jar" -nt "$stamp" ]; then
      { contents >"$stamp"; } 2>/dev/null || true # for a copy, whose file times mean nothing
    fi
  elif [ -f "$stamp" ] && contents 2>/dev/null | cmp -s - "$stamp"; then
    touch "$jar" 2>/dev/null || true
  else
    why="${newer#"$root"/} is newer than ${jar#"$root"/}"
  fi
fi
if [ -n "$why" ]; then
  if [ ! -f "$root/pom.xml" ]; then
    echo "Cannot run: $why, and there are no sources to make it from. For Spark ${line#spark-} it is made in a checkout of Lethe by: ${make[*]}" >&2
    exit 2
  fi
  echo "Building ${jar#"$root"/} with Maven, since $why ..." >&2
  (cd "$root" && "${make[@]}") >&2
  touch "$jar" # Maven does not touch a jar whose content is unchanged
fi

export OPT_OUT_TRACKING=true
if [ -t 1 ]; then export LETHE_TERMINAL=true; else export LETHE_LOG=${LETHE_LOG:-info}; fi

if [ -z "${SPARK_HOME:-}" ] || [ "$SPARK_HOME" -ef "$build/spark" ]; then
  export SPARK_HOME=$build/spark SPARK_SCALA_VERSION=$scala SPARK_LOCAL_IP=127.0.0.1
  export DJL_CACHE_DIR=${DJL_CACHE_DIR:-$build/djl} # of this machine; a cluster's hosts have their own
  export LETHE_EMBEDDED=true LETHE_CLASSPATH="$jar:$lib/*"
fi
spark_jars=$SPARK_HOME/jars

# First without Spark: every mistake that can be found without it is reported within two seconds. Java loads its classes from an
# archive, which the first call makes: that halves the time. jobs/class-archive.sh makes one for driver and executors, too. An archive
# fits one class path, that of Spark's executors.
# What it answers is in a file without a name, of which nothing is left whatever ends this script.
answer=$(mktemp)
exec 3<>"$answer"
rm -f "$answer"
first=
if [ $line = spark-4 ]; then for file in "$spark_jars"/slf4j-api-*.jar; do first=$file:; done; fi # as that Spark has it
class_path="$jar:$lib/*:$SPARK_HOME/conf:$first$spark_jars/*"
archive=$build/lethe.jsa
making=$archive.$$
classes=()
check=() # the same for the first call
if [ "${LETHE_EMBEDDED:-}" = true ]; then
  if [ -n "${LETHE_MAKE_ARCHIVE:-}" ]; then
    classes=(-XX:ArchiveClassesAtExit="$LETHE_MAKE_ARCHIVE" -Xlog:disable)
  elif [ -f "$archive" ] && [ ! "$jar" -nt "$archive" ]; then
    classes=(-XX:SharedArchiveFile="$archive" -Xlog:disable)
    check=("${classes[@]}")
    export LETHE_CLASS_ARCHIVE=$archive
  elif [ -w "$build" ]; then
    check=(-XX:ArchiveClassesAtExit="$making" -Xlog:disable)
  fi
fi
trap 'rm -f "$making"' EXIT
status=0
java ${check[@]+"${check[@]}"} -XX:TieredStopAtLevel=1 -Djava.io.tmpdir="${TMPDIR:-/tmp}" \
  -Dlog4j2.configurationFile="$root/conf/log4j2.properties" \
  -cp "${HADOOP_CONF_DIR:+$HADOOP_CONF_DIR:}$class_path" lethe.Main --print-submit "$@" >/dev/fd/3 || status=$?
if [ -f "$making" ]; then mv -f "$making" "$archive"; fi
if [ $status -ne 0 ]; then exit $status; fi
mapfile -d '' -t answered </dev/fd/3
if [ "${answered[0]:-}" != spark-submit ]; then
  cat /dev/fd/3 # help, version, or a verb that needs no Spark: validate, explain
  exit 0
fi
temporary=${answered[1]} properties=${answered[2]} shipped=${answered[3]} settings=("${answered[@]:4}")

memory=2g
chosen=${SPARK_LOCAL_DIRS:+true} # whether the user says where Spark keeps its files
options=() # of the driver's Java, besides conf/jvm.options
jars=$(printf '%s,' "$lib"/*.jar) files= # of which an argument takes the place of a setting
mode= # where the driver runs, if the settings say it
for setting in "${settings[@]}"; do
  case "$setting" in
    spark.driver.memory=*) memory=${setting#*=} ;;
    spark.driver.extraJavaOptions=*) read -ra options <<<"${setting#*=}" ;;
    spark.executorEnv.*) export "${setting#spark.executorEnv.}" ;;
    spark.local.dir=*) chosen=true ;;
    spark.jars=*) jars+=${setting#*=} ;;
    spark.files=*) files=,${setting#*=} ;;
    spark.submit.deployMode=*) mode=${setting#*=} ;;
  esac
done

if [ "${1:-}" = bench ]; then
  exec java -Xmx"$memory" -Dlog4j2.configurationFile="$root/conf/log4j2.properties" -cp "$jar:$lib/*:$spark_jars/*" lethe.Main "$@"
fi

# Spark gets its settings in the same file, since every user of the machine can read the arguments of a process. A properties file
# takes the place of Spark's defaults, which therefore come first in it.
defaults=${SPARK_CONF_DIR:-$SPARK_HOME/conf}/spark-defaults.conf
if [ -z "$mode" ] && grep -Eqs '^[[:space:]]*spark\.submit\.deployMode[[:space:]=:]+cluster' "$defaults"; then
  echo "Cannot submit: $defaults sets spark.submit.deployMode=cluster, for which Lethe must prepare the settings." \
    "Say which mode you want in the run file: spark.submit.deployMode = cluster, or client." >&2
  exit 2
fi
{
  if [ -f "$defaults" ]; then cat "$defaults" && echo; fi
  printf '%s' "$properties"
} >/dev/fd/3
settings_file=(--properties-file /dev/fd/3)

# Temporary files of the driver have texts to forget in them.
if [ -n "$temporary" ]; then
  place=$(dirname "$temporary")
  if { mkdir -p "$(dirname "$place")" && (umask 077 && mkdir -p "$place" && mkdir "$temporary"); } 2>/dev/null &&
    [ -O "$place" ] && [ ! -L "$place" ]; then
    if [ -z "$chosen" ]; then export SPARK_LOCAL_DIRS=$temporary; fi
    options+=(-Djava.io.tmpdir="$temporary")
    export SPARK_SUBMIT_OPTS="${SPARK_SUBMIT_OPTS:-} \"-Djava.io.tmpdir=$temporary\""
  elif [ -e "$place" ] && [ ! -O "$place" ]; then
    echo "Cannot keep temporary files in $place: it belongs to another user. Set TMPDIR to a folder of your own." >&2
    exit 2
  fi # else the run folder cannot be written, as the driver will say
fi

if [ "${LETHE_EMBEDDED:-}" = true ]; then
  if [ ! -e "$SPARK_HOME/work" ]; then mkdir -m 700 "$SPARK_HOME/work"; fi # what executors log
  exec java "@$root/conf/jvm.options" ${classes[@]+"${classes[@]}"} -Xmx"$memory" ${options[@]+"${options[@]}"} \
    -Dlog4j2.configurationFile="$root/conf/log4j2.properties" \
    -cp "$class_path" org.apache.spark.deploy.SparkSubmit "${settings_file[@]}" --class lethe.Main spark-internal "$@"
fi
arguments=("$@")
if [ -n "$shipped" ]; then
  # A driver on the cluster has no file of this machine. All settings go to it in another file without a name, of which Spark makes a
  # copy that only this user can read; the driver finds that in its working directory.
  whole=$(mktemp)
  exec 4<>"$whole"
  rm -f "$whole"
  printf '%s' "$shipped" >&4
  settings_file+=(--files "/dev/fd/4$files")
  arguments=("$1" --shipped 4)
fi
exec "$SPARK_HOME/bin/spark-submit" "${settings_file[@]}" --jars "${jars%,}" --class lethe.Main "$jar" "${arguments[@]}"
