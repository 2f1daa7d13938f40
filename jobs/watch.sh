# shellcheck shell=bash
# Sourced by scripts that train random models: lines of a small corpus, and the memory of the processes that the script starts.

line() { # ID SPLIT WORDS: a document of some 560 bytes, a token each
  local text=""
  while [ ${#text} -lt 560 ]; do text+="$3 number $((RANDOM % 1000)) "; done
  printf '{"id": "%s", "split": "%s", "text": "%s"}\n' "$1" "$2" "$text"
}

# The most that each driver and worker had in memory so far, "driver PID MiB" or "worker PID MiB" each second in FILE.seen, until FILE is
# removed.
export WATCHED_RUN=$$
watch() { # FILE
  local pid kind most
  while [ -f "$1" ]; do
    for pid in $(pgrep -f 'lethe.Main|CoarseGrainedExecutorBackend' || true); do
      { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qx "WATCHED_RUN=$WATCHED_RUN" || continue
      most=$(awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$pid/status" 2>/dev/null) || continue
      case $({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) in
        *CoarseGrained*) kind=worker ;;
        *lethe.Main*) kind=driver ;;
        *) continue ;; # it has ended
      esac
      [ -z "$most" ] || echo "$kind $pid $most" >>"$1.seen"
    done
    sleep 1
  done
}
