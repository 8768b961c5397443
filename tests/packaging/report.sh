# shellcheck shell=bash
# What a packaging test says: a line for each thing that it looked at, and the count of both kinds
# at the end. To be sourced.

passed=0
failed=0

step() { printf '== %s\n' "$*"; }

# check WHAT COMMAND…: says whether the command succeeds, and the end of what it printed if it does not.
check() {
  local what=$1 output
  output=$(mktemp)
  shift
  if "$@" >"$output" 2>&1; then
    printf '  ok    %s\n' "$what"
    passed=$((passed + 1))
  else
    printf '  FAIL  %s\n' "$what"
    tail -n 30 "$output" | sed 's/^/        /'
    failed=$((failed + 1))
    false
  fi
  set -- "$?"
  rm -f "$output"
  return "$1"
}

# The same for what all the rest needs.
require() { check "$@" || exit 1; }

note() { printf '  note  %s\n' "$*"; }

# equal ACTUAL EXPECTED
equal() { [ "$1" = "$2" ] || { echo "it is '$1', not '$2'"; return 1; }; }

# Ends the script; to be called when it exits, whatever for. Its status is that of the script only
# because it calls exit.
finish_report() {
  echo "$passed passed, $failed failed"
  if [ "$failed" -ne 0 ] || [ "$passed" -eq 0 ]; then exit 1; fi
}
