#!/bin/bash
# The Debian package as a file: what Debian's own tools say of it, whether it builds twice the same,
# and its autopkgtest. Run by `make check-deb`, as root.
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/packaging/report.sh
. tests/packaging/machine.sh

root=$PWD/build/packaging/autopkgtest
slim=$PWD/build/packaging/minimal
again=$PWD/build/packaging/again
machine=autopkgtest
packages=rabbitmq-server,clickhouse-server,clickhouse-client,man-db,python3-pika,autopkgtest,dpkg-dev

end() {
  power_off "$machine"
  finish_report
}
trap end EXIT
trap 'exit 1' INT TERM HUP

deb() { echo build/deb/event-consumer_[0-9]*.deb; }

# Debian 12 has no good word for a service that comes without an init script.
lintian_is_silent() {
  equal "$(lintian --allow-root -EviIL +pedantic \
    --suppress-tags package-supports-alternative-init-but-no-init.d-script \
    --fail-on error,warning,info,pedantic build/deb/event-consumer_*.changes 2>&1)" ''
}

# In a terminal of 80 columns.
manual_pages_fit() {
  local page
  ! for page in man/*.[578]; do
    MANWIDTH=80 LC_ALL=C.UTF-8 man --local-file "$page" | col -bx | LC_ALL=C.UTF-8 grep --extended-regexp '.{81}'
  done | grep .
}

manual_pages_are_clean() {
  mandoc -T lint -W warning man/*.[578] &&
    equal "$(for page in man/*.[578]; do MANWIDTH=80 man --warnings --local-file "$page"; done 2>&1 >/dev/null)" ''
}

# Also where the environment has flags of its own.
builds_twice_the_same() {
  rm -rf "$again"
  mkdir -p "$again"
  # An older one goes.
  touch "$again/event-consumer_0.0.1_amd64.deb"
  CXXFLAGS=-O0 packaging/build-deb.sh "$again" || return 1
  equal "$(sha256sum <"$(echo "$again"/event-consumer_[0-9]*.deb)")" "$(sha256sum <"$(deb)")"
}

# Debian 12 builds nothing with protection of the control flow yet.
is_hardened() {
  local tree
  tree=$(mktemp -d)
  dpkg-deb --extract "$(deb)" "$tree"
  hardening-check --nocfprotection "$tree/usr/sbin/event-consumer" "$tree"/usr/libexec/event-consumer/*
  set -- "$?"
  rm -rf "$tree"
  return "$1"
}

# What the Makefile installs to build with, but for what every Debian build has.
build_depends_are_complete() {
  local package
  for package in $(make --no-print-directory --eval 'show: ; @echo $(build_packages)' show); do
    [ "$package" = g++ ] || grep -q "^ *$package\b" packaging/debian/control || {
      echo "$package is not in Build-Depends"
      return 1
    }
  done
}

piuparts_is_content() {
  [ -d "$slim" ] || mmdebstrap --quiet --variant=minbase bookworm "$slim"
  piuparts --distribution bookworm --existing-chroot "$slim" --no-eatmydata "$(deb)"
}

# In a machine of its own; the package's libraries are fetched before.
autopkgtest_passes() {
  inside "$machine" 'autopkgtest --no-built-binaries /deb/event-consumer_[0-9]*.deb /source -- null'
}

prepare_machine() {
  make_root "$root" bookworm "$packages"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp "$(deb)" "$root/package.deb"
  chroot "$root" apt-get update -qq
  chroot "$root" apt-get install -qq --yes --download-only /package.deb
  rm "$root/package.deb"
  rm -rf build/packaging/source
  mkdir build/packaging/source
  git ls-files -z | tar --null --files-from=- -cf - | tar -C build/packaging/source -xf -
  cp -r packaging/debian build/packaging/source/debian
  boot "$machine" "$root" --private-network --bind-ro="$PWD/build/deb:/deb" \
    --bind-ro="$PWD/build/packaging/source:/source"
}

step 'Debian package'
check 'lintian says nothing' lintian_is_silent
check 'the manual pages are clean' manual_pages_are_clean
check 'the manual pages fit 80 columns' manual_pages_fit
check 'both programs are hardened' is_hardened
check 'Build-Depends has what the Makefile installs' build_depends_are_complete
check 'it builds twice the same' builds_twice_the_same
check 'piuparts finds nothing' piuparts_is_content
require 'a machine for autopkgtest' prepare_machine
check 'autopkgtest passes' autopkgtest_passes
