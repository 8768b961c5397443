#!/bin/sh
# Runs the test programs named on the command line and ends with a line «N passed, N failed», after
# the names of the first tests that failed. A program that dies without reporting its counts is one
# failure more. What NOTE holds is said before them.
set -u

passed=0
failed=0
counts=$(mktemp)
names=$(mktemp)
trap 'rm -f "$counts" "$names"' EXIT
for program in "$@"; do
  : >"$counts"
  echo "== $program"
  EVENT_CONSUMER_TEST_COUNTS=$counts "$program"
  status=$?
  if read -r more_passed more_failed <"$counts"; then
    passed=$((passed + more_passed))
    failed=$((failed + more_failed))
    sed 1d "$counts" >>"$names"
    [ "$status" -eq 0 ] || [ "$more_failed" -gt 0 ] || failed=$((failed + 1))
  else
    echo "$program ended with status $status and reported no result" | tee -a "$names"
    failed=$((failed + 1))
  fi
done
[ -z "${NOTE:-}" ] || echo "$NOTE"
sed -n '1,10s/^/failed: /p' "$names"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
