#!/bin/sh
# Runs the test programs named on the command line, one after another, each in SHARDS processes side by
# side, and ends with a line «N passed, N failed», after the names of the first tests that failed. A
# shard has servers of its own, and its output is shown when it has ended. A shard that dies without
# reporting its counts is one failure more. TESTS chooses some by a pattern of their names. After a failure the logs of the servers and services are in
# build/failed, and what they say of a crash is said here. What NOTE holds is said before the last lines.
set -u

passed=0
failed=0
jobs=
run=$PWD/build/run/check-$$
names=$run/names
mkdir -p "$run"
trap 'rm -rf "$run"' EXIT
trap 'stop; exit 130' INT TERM HUP

# Ends the shards that run: a program that a script starts beside itself ignores Ctrl-C.
stop() {
  for job in $jobs; do kill "${job%%:*}" 2>/dev/null; done
  wait
}

# Two more than there are cores: most of its time a test waits. Its servers take 1 GB.
default_shards() {
  gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1000000) }' /proc/meminfo)
  printf '%s\n' $(($(nproc) + 2)) $((gigabytes / 2)) 4 | sort -n | head -1
}
shards=${SHARDS:-$(default_shards)}
[ "$shards" -gt 0 ] || shards=1

# How many processes the kernel has killed for want of memory, in the container and on the machine.
oom_kills() {
  group=$(sed -n 's/^0:://p' /proc/self/cgroup)
  for file in "/sys/fs/cgroup$group/memory.events" /sys/fs/cgroup/memory.events \
    /sys/fs/cgroup/memory/memory.oom_control /proc/vmstat; do
    [ ! -r "$file" ] || sed -n "s|^oom_kill |$file: |p" "$file"
  done | sort -u
}

# find_causes DIRECTORY: of a failure whose logs are there.
find_causes() {
  echo "the logs are in $1"
  (cd "$1" && grep -rE --include='*log' 'Received signal|Segmentation fault' . | head -20
   find . -name ended.log -exec grep -H . {} +)
  printf 'oom_kill before:\n%s\noom_kill after:\n%s\n' "$oom_before" "$(oom_kills)"
}

# deal PROGRAM PREFIX: the names of its tests into the files PREFIX-1.tests, PREFIX-2.tests, …, one for
# each shard. Neighbours are alike, and go to different shards. Fails when the program names none.
deal() {
  # Catch2 2 ends with the number of tests as its status, and 3 does not know the first option.
  "$1" --list-test-names-only ${TESTS:+"$TESTS"} >"$2" 2>/dev/null
  [ -s "$2" ] || "$1" --list-tests --verbosity quiet ${TESTS:+"$TESTS"} >"$2"
  awk -v prefix="$2" -v shards="$shards" \
    '{ gsub(/,/, "\\\\,"); print > (prefix "-" (NR - 1) % shards + 1 ".tests") }' "$2"
  [ -s "$2" ]
}

# one_more_failed WORDS: what counts as a failure, and is none of a test.
one_more_failed() {
  echo "$1" | tee -a "$names"
  failed=$((failed + 1))
}

# collect PROGRAM SHARD STATUS: what came of one that has ended.
collect() {
  logs=$run/$2
  failed_before=$failed
  # Catch2 says first which tests it was given.
  grep -v '^Filters: ' "$logs.output"
  if [ -r "$logs/counts" ] && read -r more_passed more_failed <"$logs/counts"; then
    passed=$((passed + more_passed))
    failed=$((failed + more_failed))
    sed 1d "$logs/counts" >>"$names"
    [ "$3" -eq 0 ] || [ "$more_failed" -gt 0 ] || failed=$((failed + 1))
    missing=$(($(wc -l <"$logs.tests") - more_passed - more_failed))
    [ "$missing" -eq 0 ] || one_more_failed "$1 did not run $missing of its tests"
  else
    one_more_failed "$1 ended with status $3 and reported no result"
  fi
  [ "$failed" -gt "$failed_before" ] || return 0
  # Data are left by a program that died.
  find "$logs" -mindepth 2 -maxdepth 2 ! -name '*log' -exec rm -rf {} +
  kept=build/failed/$2-$$
  mkdir -p build/failed && mv "$logs" "$kept" && find_causes "$kept"
}

for program in "$@"; do
  all=$run/$(basename "$program")
  oom_before=$(oom_kills)
  echo "== $program"
  deal "$program" "$all" || { one_more_failed "$program names no tests"; continue; }
  jobs=
  for tests in "$all"-*.tests; do
    logs=${tests%.tests}
    mkdir "$logs"
    TEST_RUN_DIRECTORY=$logs "$program" -f "$tests" >"$logs.output" 2>&1 &
    jobs="$jobs $!:$(basename "$logs")"
  done
  for job in $jobs; do
    wait "${job%%:*}"
    collect "$program" "${job#*:}" $?
  done
done
[ -z "${NOTE:-}" ] || echo "$NOTE"
[ ! -e "$names" ] || sed -n '1,10s/^/failed: /p' "$names"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
