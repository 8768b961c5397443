# shellcheck shell=bash
# The commands of README.md and of the manual pages, so that a test runs what is written there and
# nothing else. To be sourced; records which blocks were used.

documents_used=$(mktemp)

# readme_block SECTION N: the Nth indented block of that section.
readme_block() {
  echo "readme_block $1 $2" >>"$documents_used"
  awk -v section="## $1" -v wanted="$2" '
    /^## / { here = ($0 == section); block = 0; inside = 0; next }
    !here { next }
    /^    / { if (!inside) { ++block; inside = 1 } if (block == wanted) print substr($0, 5); next }
    /^$/ { if (inside && block == wanted) print ""; next }
    { inside = 0 }
  ' README.md
}

# commands_block SECTION N: the Nth literal block of that section or subsection of event-consumer(8);
# options_block: of event-consumer.conf(5).
commands_block() { manual_block commands_block event-consumer.8 "$@"; }
options_block() { manual_block options_block event-consumer.conf.5 "$@"; }

manual_block() {
  echo "$1 $3 $4" >>"$documents_used"
  awk -v section="$3" -v wanted="$4" '
    /^\.S[hs] / { here = (substr($0, 5) == section); block = 0; next }
    !here { next }
    /^\.Bd / { ++block; inside = 1; next }
    /^\.Ed/ { inside = 0; next }
    inside && block == wanted { sub(/\\e$/, "\\"); print }
  ' "man/$2"
}

# every_block_was_used READER SECTION…: by the caller of this, up to now.
every_block_was_used() {
  local reader=$1 used section n missing=0
  used=$(cat "$documents_used")
  shift
  for section in "$@"; do
    for ((n = 1; ; ++n)); do
      [ -n "$("$reader" "$section" "$n")" ] || break
      grep -qxF "$reader $section $n" <<<"$used" || { echo "$section, block $n was not run"; missing=1; }
    done
    [ "$n" -gt 1 ] || { echo "$section: no block to run"; missing=1; }
  done
  return "$missing"
}
