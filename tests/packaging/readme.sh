# shellcheck shell=bash
# The commands of README.md, so that a test runs what is written there and nothing else. To be
# sourced; records which blocks were used.

readme_used=$(mktemp)

# readme_block SECTION N: the Nth indented block of that section.
readme_block() {
  echo "$1 $2" >>"$readme_used"
  awk -v section="## $1" -v wanted="$2" '
    /^## / { here = ($0 == section); block = 0; inside = 0; next }
    !here { next }
    /^    / { if (!inside) { ++block; inside = 1 } if (block == wanted) print substr($0, 5); next }
    /^$/ { if (inside && block == wanted) print ""; next }
    { inside = 0 }
  ' README.md
}

# every_block_was_used SECTION…
every_block_was_used() {
  local section n missing=0
  for section in "$@"; do
    [ -n "$(readme_block "$section" 1)" ] || echo "$section: no block to run"
    for ((n = 1; n < 20; ++n)); do
      grep -qx "$section $n" "$readme_used" && continue
      [ -z "$(readme_block "$section" "$n")" ] || { echo "$section, block $n was not run"; missing=1; }
    done
  done
  return "$missing"
}
