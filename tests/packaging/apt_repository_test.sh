#!/bin/bash
# The apt repository as a static web server serves it, from a clean Debian: installed, upgraded, and
# what is not signed is not taken. Run by `make check-apt-repository`, as root.
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/packaging/report.sh
. tests/packaging/machine.sh

slim=$PWD/build/packaging/minimal
scratch=$(mktemp -d)
repository=$scratch/apt
export GNUPGHOME=$scratch/gnupg
server=

end() {
  [ -z "$server" ] || kill "$server"
  gpgconf --kill all
  [ ! -d "$scratch/root" ] || umount "$scratch/root"
  [ ! -d "$scratch/changes" ] || umount "$scratch/changes"
  rm -rf "$scratch"
  finish_report
}
trap end EXIT
trap 'exit 1' INT TERM HUP

# A copy of a clean root that is thrown away.
prepare_root() {
  [ -d "$slim" ] || mmdebstrap --quiet --variant=minbase bookworm "$slim" || return 1
  mkdir -p "$scratch/changes" "$scratch/root"
  mount -t tmpfs apt-changes "$scratch/changes"
  mkdir "$scratch/changes"/{upper,work}
  mount -t overlay overlay \
    -o "lowerdir=$slim,upperdir=$scratch/changes/upper,workdir=$scratch/changes/work" "$scratch/root"
  cp /etc/resolv.conf "$scratch/root/etc/resolv.conf"
  in_root apt-get update --quiet
}

in_root() { chroot "$scratch/root" env DEBIAN_FRONTEND=noninteractive "$@"; }

make_key() {
  mkdir -m 700 "$GNUPGHOME"
  gpg --batch --passphrase '' --quick-generate-key 'event-consumer test' ed25519 sign 1d
}

# add DEB…: as `make apt-repository` does.
add() { packaging/apt-repository.sh "$repository" bookworm 'event-consumer test' "$@"; }

serve() {
  python3 -u -m http.server --bind 127.0.0.1 --directory "$repository" 0 >"$scratch/log" 2>&1 &
  server=$!
  wait_for 10 grep -q 'port [0-9]' "$scratch/log" || return 1
  port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$scratch/log" | head -1)
}

# The lines of the manual page, with the address of this server and files of this root.
add_source() {
  local address=http://127.0.0.1:$port
  cp "$repository/event-consumer.asc" "$scratch/root/etc/apt/keyrings/event-consumer.asc" &&
    sed -n '/^Types: deb/,/^Signed-By/p' man/event-consumer.8 |
    sed "s,https://packages.example,$address," \
      >"$scratch/root/etc/apt/sources.list.d/event-consumer.sources" &&
    grep -q "$address" "$scratch/root/etc/apt/sources.list.d/event-consumer.sources"
}

installed_is() { equal "$(in_root dpkg-query --show --showformat '${Version}' event-consumer)" "$1"; }

installs() {
  in_root apt-get update --quiet && in_root apt-get install --quiet --yes event-consumer &&
    installed_is "$1" && in_root event-consumer --version
}

# A changed file of the package would make an upgrade ask.
upgrades() {
  add "$1" && in_root apt-get update --quiet &&
    in_root apt-get upgrade --quiet --yes </dev/null && installed_is 9.0.0
}

refuses_another_package_of_that_version() {
  cp "$1" "$scratch/$(basename "$first")"
  ! add "$scratch/$(basename "$first")"
}

refuses_what_was_changed() {
  sed -i 's/^Version: 9.0.0/Version: 9.0.1/' "$repository"/dists/bookworm/main/binary-amd64/Packages
  rm "$repository"/dists/bookworm/main/binary-amd64/Packages.gz
  in_root sh -c 'rm -rf /var/lib/apt/lists/* && apt-get update --quiet \
    -o Dir::Etc::sourcelist=/dev/null -o APT::Update::Error-Mode=any 2>&1' >"$scratch/said" && return 1
  cat "$scratch/said"
  grep -q 'Hash Sum mismatch' "$scratch/said"
}

second() {
  rm -rf build/packaging/next
  mkdir -p build/packaging/next
  cp -a build/deb/event-consumer build/packaging/next
  packaging/build-deb.sh build/packaging/next 9.0.0
}

step 'apt repository'
first=$(echo build/deb/event-consumer_[0-9]*.deb)
require 'a clean root' prepare_root
require 'a key' make_key
require 'the repository is made' add "$first"
require 'it is served' serve
require 'event-consumer(8), «A repository of apt'\''s», is followed' add_source
check 'the package is installed' installs "$(dpkg-deb --field "$first" Version)"
require 'a later version is built' second
check 'it is an upgrade' upgrades build/packaging/next/event-consumer_9*.deb
check 'the older version can still be had' \
  in_root apt-get install --quiet --yes --allow-downgrades "event-consumer=$(dpkg-deb --field "$first" Version)"
check 'another package of the same version is refused' \
  refuses_another_package_of_that_version build/packaging/next/event-consumer_9*.deb
check 'a changed list is refused' refuses_what_was_changed
