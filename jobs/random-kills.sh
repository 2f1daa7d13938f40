#!/usr/bin/env bash
# Shows that deaths at any moment change no bit of the result. Makes a small model forget once undisturbed, then RUNS times with a
# disturbance in each of five stages: prepare, label, unlearn, commit, evaluate. Drawn by SEED and the number of the run: the cluster
# (local-cluster, or a standalone cluster of two workers with encryption), and for each disturbance the victim (the driver, one
# executor, both), the signal (KILL, TERM, or STOP for longer than every timeout and then CONT) and how far into the stage it comes.
# Where namespaces of the network are permitted, one disturbance in four of the standalone cluster cuts the machine of one executor
# off from driver and master, for as long. When the driver is the victim, the same command is given again: at once where it is
# stopped, so that two drivers meet.
#
#   jobs/random-kills.sh [RUNS [SEED [FOLDER [FIRST]]]]
#   jobs/random-kills.sh 40 1 runs/random-kills
#
# After each run: the hashes of chunks, weights and evaluation are those of the undisturbed run, each step was applied once, no file
# is left over, no process is left. The seconds are those from the signal to the next sign of progress: the first step of
# another attempt (after a driver's death, of another driver), or the end of a stage. A run that fails keeps its folder, and a line
# says how to repeat it. Exit 1 when one fails. A run takes two to five minutes on two cores, most of them waiting for timeouts.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
count=${1:-40} seed=${2:-1} into=${3:-runs/random-kills} first=${4:-1}
if [ -z "${LETHE_OWN_NETWORK:-}" ] && unshare -rn true 2>/dev/null; then
  LETHE_OWN_NETWORK=true exec unshare -rn "$0" "$@" # a network of its own, in which one can be cut
fi
steps=40
pause=75   # seconds of STOP and of a cut: more than the lease of the run folder (60) and the timeouts below
limit=900  # seconds for a command to end
rm -rf "$into"
mkdir -p "$into"
into=$(cd "$into" && pwd)

cat >"$into/kills.conf" <<END
run.dir = "$into/base"
model.path = "$into/base/original"
corpus {
  sources = [ { path = "$into/sample/paper.jsonl", domain = paper } ]
  chunk-tokens = 64
  duplicates.action = ignore # looking for them takes many seconds of Spark's
  splits { forget.where = "split = 'forget'", retain.where = "split = 'retain'", approximate.where = "split = 'approximate'" }
}
unlearn { method = "npo+descent" } # its reference scores are the stage label
train { batch = 8, micro-batch = 4, steps = $steps, learning-rate = 1e-3, workers = 2, threads = 1
        checkpoint-every = 5, bucket-kib = 16, step-timeout = 30s, recovery-timeout = 20s }
spark.network.timeout = 20s
spark.network.timeoutInterval = 5s # how often Spark looks
spark.executor.heartbeatInterval = 4s
spark.executor.memory = 1g
spark.driver.extraJavaOptions = "-XX:TieredStopAtLevel=1" # compiling well takes longer than a run
spark.executor.extraJavaOptions = "-XX:TieredStopAtLevel=1"
spark.sql.codegen { wholeStage = false, factoryMode = NO_CODEGEN }
spark.sql.adaptive.enabled = false
spark.sql.shuffle.partitions = 2
END

# ---- processes: each is known by its id and the moment it began, so that no other one with the same id is hit

identity() { # PID...: PID:BEGINNING of those that live
  local pid stat
  for pid in "$@"; do
    stat=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) && echo "$pid:$(cut -d' ' -f20 <<<"$stat")"
  done
}
lives() { [ "$(identity "${1%:*}")" = "$1" ] && [ "$(ps -o stat= -p "${1%:*}" | cut -c1)" != Z ]; }
send() { # SIGNAL PROCESS...
  local signal=$1 process
  shift
  for process in "$@"; do lives "$process" && kill "-$signal" "${process%:*}" 2>/dev/null; done
}
executors() { # PARENT...: the executors that these processes started
  local pid
  for pid in $(ps -o pid= --ppid "$(tr ' ' ',' <<<"$*")"); do
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q CoarseGrainedExecutorBackend; then identity "$pid"; fi
  done
}
ended_within() { # SECONDS PROCESS...
  local until=$((SECONDS + $1)) process
  shift
  for process in "$@"; do
    while lives "$process"; do
      [ $SECONDS -lt $until ] || return 1
      sleep 0.2
    done
  done
}

# ---- the standalone cluster, which stays: worker 2 on a machine of its own, as far as the network goes

# shellcheck source=jobs/cluster.sh
. jobs/cluster.sh
# shellcheck disable=SC2317 # called by the trap
finish() {
  send CONT ${hit[@]+"${hit[@]}"}
  send KILL ${drivers[@]+"${drivers[@]}"}
  for pid in "${daemons[@]}" ${running[@]+"${running[@]}"}; do kill "$pid" 2>/dev/null; done
  wait
  rm -rf "$cluster"
}
running=() # further processes that live beyond a function
trap finish EXIT
trap '[ -f "$into/kills" ] && summary; exit 1' INT TERM # a table of the cases so far
here=127.0.0.1 there=127.0.0.1 machine=
if [ -n "${LETHE_OWN_NETWORK:-}" ]; then
  ip link set lo up
  unshare -n sleep infinity &
  machine=$!
  running+=("$machine")
  if sleep 1 && ip link add lethe0 type veth peer name lethe1 netns "$machine" 2>/dev/null; then
    here=10.9.0.1 there=10.9.0.2
    ip addr add $here/30 dev lethe0 && ip link set lethe0 up
    for change in "link set lo up" "addr add $there/30 dev lethe1" "link set lethe1 up"; do
      # shellcheck disable=SC2086 # words
      nsenter -t "$machine" -n ip $change || exit
    done
  else
    machine=
  fi
fi
network() { # up, or down: then packets are lost without a word
  nsenter -t "$machine" -n ip link set lethe1 "$1"
}
port=17177
master $here $port
worker 1 $here 4 8g $here:$port # room for the executors of four drivers
if [ -n "$machine" ]; then within=(nsenter -t "$machine" -n); fi
worker 2 $there 4 8g $here:$port

# shellcheck disable=SC2016 # Lethe reads the variable
standalone=("spark.master=spark://$here:$port" run.dir-is-shared=true 'spark.authenticate.secret=${CLUSTER_SECRET}'
  "spark.driver.host=$here" "spark.driver.bindAddress=$here")

# ---- a run

# The same at each call with the same words.
pick() { # WHAT CHOICES: a number from 0
  echo $((16#$(sha256sum <<<"$seed $number $stage $1" | cut -c1-8) % $2))
}
stamped() { while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done; }
begin() { # LOG: gives the command; driver is its process
  mkfifo "$1.pipe"
  stamped <"$1.pipe" >"$1" &
  stampers+=($!)
  CLUSTER_SECRET=$secret ./submit.sh "${command[@]}" >"$1.pipe" 2>&1 &
  driver=$(identity $!)
  drivers+=("$driver")
}
finished() { # PROCESS: waits for a driver; status is how it ended
  ended_within $limit "$1" || { fail "the driver did not end within $limit s"; jstack "${1%:*}" >"$run/stuck" 2>&1; send KILL "$1"; }
  wait "${1%:*}" 2>/dev/null # bash would say who was killed
  status=$?
}
stamp() { grep -m1 -- "$2" "$1" | cut -d' ' -f1; } # LOG SIGN: when it was there
# Where each stage begins and ends in a log.
declare -A begins=([prepare]="stage prepare begun" [label]="stage unlearn begun" [unlearn]="unlearn: .* with 2 workers"
  [commit]="step $steps/$steps" [evaluate]="stage evaluate begun")
declare -A ends=([prepare]="stage prepare \(ended\|skipped\)" [label]="unlearn: .* with 2 workers" [unlearn]="step $steps/$steps"
  [commit]="stage unlearn \(ended\|skipped\)" [evaluate]="stage evaluate \(ended\|skipped\)")
stages=(prepare label unlearn commit evaluate)

hashes() { # RUN
  grep -o '"chunks_sha256" *: *"[^"]*"' "$1/corpus/manifest.json"
  sha256sum <"$1/model/model.safetensors"
  sed "s|$1||g; s/part-[^\"]*//g" "$1/scores/evaluation.json" | sha256sum # without the names of the folder and of Spark's parts
}
files() { (cd "$1" && find . -type f -not -name '.*.crc' | sed 's/part-[^/]*/part/' | sort -u); }
numbers() { grep -o "\"$2\":-\?[0-9]*" "$1" | cut -d: -f2; }
fail() {
  echo "random-kills: run $number: $*" >&2
  failed=yes
}

# Seconds from a moment to the next sign of progress.
recovered() { # MOMENT VICTIM LOG DRIVER: that were there at the moment
  {
    local one
    for one in "$run"/[0-9]*.log; do
      if [ "$2" = driver ] && [ "$one" = "$3" ]; then continue; fi
      sed -n 's/^\([0-9.]*\) .*stage .* ended after.*/\1 end/p' "$one"
    done
    paste -d' ' <(sed 's/.*"finished":"\([^"]*\)".*/\1/' "$run/run/steps.jsonl" | date -f - +%s.%N) <(numbers "$run/run/steps.jsonl" launch) \
      <(numbers "$run/run/steps.jsonl" attempt) <(numbers "$run/run/steps.jsonl" driver)
  } | sort -n | awk -v moment="$1" -v victim="$2" -v driver="$4" '
    $2 == "end" { if ($1 > moment) { printf "%.1f\n", $1 - moment; exit } next }
    $1 <= moment { before = $2 "." $3; next }
    $4 > driver || (victim != "driver" && $2 "." $3 != before) { printf "%.1f\n", $1 - moment; exit }'
}

line() { printf '%5s %-10s %-8s %-5s %-16s %-16s %9s\n' "$@"; }

# ---- the runs

draw() {
  local signals=(KILL TERM STOP) victims=(driver one both)
  signal=${signals[$(pick signal 3)]} victim=${victims[$(pick victim 3)]} percent=$(pick moment 100)
  if [ -n "$machine" ] && [ "$master" = standalone ] && [ "$(pick cut 4)" = 0 ]; then signal=CUT victim=one; fi
}

next_driver() { # gives the command; log is what it says
  attempts=$((attempts + 1))
  log=$run/$attempts.log
  begin "$log"
}

await_moment() { # waits for the moment in the stage; 1 if the stage or the driver has ended before
  until grep -q -- "${begins[$stage]}" "$log" 2>/dev/null; do
    if grep -q -- "${ends[$stage]}" "$log" 2>/dev/null || ! lives "$driver"; then return 1; fi
    sleep 0.1
  done
  local wait
  wait=$(awk -v from="$(stamp "$log" "${begins[$stage]}")" -v now="$EPOCHREALTIME" -v all="${duration[$stage]}" -v percent="$percent" \
    'BEGIN { wait = from + all * percent / 100 - now; print (wait > 0 ? wait : 0) }')
  sleep "$wait"
  lives "$driver"
}

moving() { # PROCESS...: those that are not stopped
  local process
  for process in "$@"; do
    if [ "$(ps -o stat= -p "${process%:*}" | cut -c1)" != T ]; then echo "$process"; fi
  done
}

# What is hit: PROCESS of the driver, or of executors, which are waited for.
targets() {
  local parents=("${driver%:*}") until=$((SECONDS + 30)) found=()
  if [ "$victim" = driver ]; then echo "$driver" && return; fi
  if [ "$master" = standalone ]; then parents=("${daemons[@]:1}"); fi
  while [ ${#found[@]} -lt 2 ] && lives "$driver" && [ $SECONDS -lt $until ]; do
    # shellcheck disable=SC2046 # words
    mapfile -t found < <(moving $(executors "${parents[@]}"))
    sleep 0.1
  done
  [ ${#found[@]} -gt 0 ] || return
  if [ "$victim" = one ]; then echo "${found[$(pick which ${#found[@]})]}"; else printf '%s\n' "${found[@]}"; fi
}

disturb() { # does it, and undoes in the background what ends after a pause
  if [ "$signal" = CUT ]; then
    network down
    (sleep $pause; network up) &
  else
    send "$signal" "${hit[@]}"
    [ "$signal" = STOP ] || return 0
    (sleep $pause; send CONT "${hit[@]}") &
  fi
  wakers+=($!)
  running+=($!)
}

disturb_stage() {
  local where=late moment='' of_log='' of_driver=''
  hit=()
  draw
  if await_moment; then mapfile -t hit < <(targets); fi
  if [ ${#hit[@]} -gt 0 ]; then
    where=$(grep -o 'stage [a-z]* [a-z]*\|with 2 workers\|step [0-9]*/' "$log" | tail -1)
    moment=$EPOCHREALTIME of_log=$log of_driver=$(numbers "$run/run/lease.json" driver 2>/dev/null)
    disturb
    if [ "$victim$signal" = driverSTOP ]; then
      stopped+=("$driver")
      next_driver # which takes the run folder over
    elif [ "$victim" = driver ]; then
      finished "$driver"
      exits="$exits $status"
      next_driver
    fi
  fi
  disturbances+=("$stage|$percent|$victim|$signal|$where|$moment|$of_log|${of_driver:-0}")
}

check() { # what the run has left
  local sequence
  if ! [ -f "$run/run/steps.jsonl" ] || ! [ -f "$run/run/scores/evaluation.json" ]; then
    same=NO once=NO
    fail "no result, see the logs in $run"
    return
  fi
  sequence=$(numbers "$run/run/steps.jsonl" step | tr '\n' ' ')
  [ "$sequence" = "$(seq -s' ' 1 $steps) " ] || { once=NO; fail "steps are not 1 to $steps once each: $sequence"; }
  [ "$(hashes "$run/run")" = "$expected" ] || { same=NO; fail "other bits: $(hashes "$run/run" | tr '\n' ' ')"; }
  diff "$into/files" <(files "$run/run") >"$run/files.diff" || fail "other files: $(tr '\n' ' ' <"$run/files.diff")"
}

run_once() {
  run=$into/$number failed='' stage='' wakers=() stampers=() drivers=() stopped=() disturbances=() attempts=0 exits='' same=yes once=yes
  local clusters=(local standalone) one seconds process
  master=${clusters[$(pick cluster 2)]}
  command=(run "$into/kills.conf" "run.dir=$run/run")
  if [ "$master" = standalone ]; then command+=("${standalone[@]}"); fi
  mkdir -p "$run/run"
  next_driver
  for stage in "${stages[@]}"; do disturb_stage; done
  finished "$driver"
  exits="$exits $status"
  while [ "$status" != 0 ] && [ $attempts -gt 1 ] && [ $attempts -lt 12 ]; do # a driver was hit, and another may be in the way
    next_driver
    finished "$driver"
    exits="$exits $status"
  done
  [ "$status" = 0 ] || fail "ended with exit $status"
  for process in ${wakers[@]+"${wakers[@]}"}; do wait "$process" 2>/dev/null; done
  for process in ${stopped[@]+"${stopped[@]}"}; do
    finished "$process"
    exits="$exits, stopped $status"
  done
  wait "${stampers[@]}"
  mapfile -t hit < <(executors "${daemons[@]:1}")
  ended_within 90 ${hit[@]+"${hit[@]}"} || { fail "executors live on"; send KILL "${hit[@]}"; }
  check
  for one in "${disturbances[@]}"; do
    local stage percent victim signal where moment of_log of_driver
    IFS='|' read -r stage percent victim signal where moment of_log of_driver <<<"$one"
    seconds=-
    if [ -n "$moment" ] && [ -f "$run/run/steps.jsonl" ]; then seconds=$(recovered "$moment" "$victim" "$of_log" "$of_driver"); fi
    line "$number" "$master" "$victim" "$signal" "$stage $percent %" "$where" "${seconds:--}"
    echo "$victim $signal ${moment:+hit} ${seconds:--}" >>"$into/kills"
  done
  echo "      exits$exits; steps once: $once, same bits: $same"
  echo "$once $same ${failed:-no}" >>"$into/rows"
  if [ -n "$failed" ]; then
    fails=$((fails + 1))
    echo "random-kills: to repeat it: jobs/random-kills.sh 1 $seed $into-$number $number" >&2
  else
    rm -rf "$run"
  fi
}

# By victim and signal: how many, and the seconds to recover.
summary() {
  echo
  printf '%-7s %-6s %5s %7s %7s %7s\n' victim signal kills p50 p90 max
  for kind in "driver KILL" "driver TERM" "driver STOP" "one KILL" "one TERM" "one STOP" "one CUT" "both KILL" "both TERM" "both STOP" "" ; do
    grep "^$kind.* hit " "$into/kills" | cut -d' ' -f4 | sort -g | awk -v kind="${kind:-all -}" '
      BEGIN { split(kind, of, " ") }
      $1 != "-" { all[++n] = $1 }
      END { if (NR) printf "%-7s %-6s %5d %7s %7s %7s\n", of[1], of[2], NR, all[int((n + 1) / 2)], all[int(n * 0.9 + 0.999)], all[n] }'
  done
  echo "$(wc -l <"$into/rows") runs, $(grep -c ' hit ' "$into/kills") disturbances and $(grep -vc ' hit ' "$into/kills") whose stage had ended before; runs with other bits" \
    "$(grep -c ' NO [a-z]*$' "$into/rows"), with steps lost or repeated $(grep -c '^NO' "$into/rows"), failed in all $(grep -c ' yes$' "$into/rows")"
}

# The start: a corpus and a model with random weights, trained for two steps; then the undisturbed run.
number=0 stage='' run=$into/undisturbed stampers=() drivers=()
mkdir "$run"
sample=("sample.directory=$into/sample" "sample.model={width=32,layers=2,heads=2,key-value-heads=2,inner-width=64,context=256}")
for verb in prepare pretrain run; do
  command=("$verb" "$into/kills.conf" "${sample[@]}" pretrain.enabled=true "pretrain.model=$into/sample/model" pretrain.steps=2)
  if [ $verb = run ]; then command=(run "$into/kills.conf" "run.dir=$run/run"); fi
  begin "$run/$verb.log"
  finished "$driver"
  [ "$status" = 0 ] || { tail -5 "$run/$verb.log" >&2; exit 1; }
done
wait "${stampers[@]}"
declare -A duration
for stage in "${stages[@]}"; do
  duration[$stage]=$(awk -v from="$(stamp "$run/run.log" "${begins[$stage]}")" -v to="$(stamp "$run/run.log" "${ends[$stage]}")" \
    'BEGIN { printf "%.2f", to - from }')
done
expected=$(hashes "$run/run")
files "$run/run" >"$into/files"
echo "undisturbed, seconds: $(for stage in "${stages[@]}"; do printf '%s %s  ' "$stage" "${duration[$stage]}"; done)"
echo "chunks, weights, evaluation: $(sed 's/.*: *"//; s/"//; s/ *-$//' <<<"$expected" | cut -c1-16 | tr '\n' ' ')"

fails=0
line run cluster victim signal "stage, moment" "last line" seconds
for number in $(seq "$first" $((first + count - 1))); do run_once; done

summary
[ $fails = 0 ]
