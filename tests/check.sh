#!/bin/sh
# Runs the test programs named on the command line and ends with a line «N passed, N failed», after
# the names of the first tests that failed. A program that dies without reporting its counts is one
# failure more. After a failure the logs of the servers and services are in build/failed, and what
# they say of a crash is said here. What NOTE holds is said before the last lines.
set -u

passed=0
failed=0
run=$PWD/build/run/check-$$
names=$run/names
mkdir -p "$run"
trap 'rm -rf "$run"' EXIT
trap 'exit 130' INT TERM HUP

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

for program in "$@"; do
  logs=$run/$(basename "$program")
  mkdir "$logs"
  failed_before=$failed
  oom_before=$(oom_kills)
  echo "== $program"
  EVENT_CONSUMER_TEST_RUN=$logs "$program"
  status=$?
  if [ -r "$logs/counts" ] && read -r more_passed more_failed <"$logs/counts"; then
    passed=$((passed + more_passed))
    failed=$((failed + more_failed))
    sed 1d "$logs/counts" >>"$names"
    [ "$status" -eq 0 ] || [ "$more_failed" -gt 0 ] || failed=$((failed + 1))
  else
    echo "$program ended with status $status and reported no result" | tee -a "$names"
    failed=$((failed + 1))
  fi
  [ "$failed" -gt "$failed_before" ] || continue
  # Data are left by a program that died.
  find "$logs" -mindepth 2 -maxdepth 2 ! -name '*log' -exec rm -rf {} +
  kept=build/failed/$(basename "$program")-$$
  mkdir -p build/failed && mv "$logs" "$kept" && find_causes "$kept"
done
[ -z "${NOTE:-}" ] || echo "$NOTE"
[ ! -e "$names" ] || sed -n '1,10s/^/failed: /p' "$names"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
