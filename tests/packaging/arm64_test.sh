#!/bin/bash
# Package and container image for arm64, cross-built from the same sources, and what is in them run
# by qemu on the processor of this machine. Run by `make check-arm64`, as root. It takes a build of
# everything, and the unit tests at a tenth of their speed: it is no part of .ci/run.
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/packaging/report.sh
. tests/packaging/machine.sh
. tests/packaging/container.sh

root=$PWD/build/packaging/cross
built=build/deb/event-consumer
# Names there are those of images for arm64.
storage=$PWD/build/packaging/containers-arm64
binfmt=/proc/sys/fs/binfmt_misc
binfmt_mounted=
handler=event-consumer-arm64-$$
dockerfile=$(mktemp)

end() {
  container_remove
  rm -f "$dockerfile"
  [ ! -e "$binfmt/$handler" ] || echo -1 >"$binfmt/$handler"
  [ -z "$binfmt_mounted" ] || umount "$binfmt"
  finish_report
}
trap end EXIT
trap 'exit 1' INT TERM HUP

build_there() { in_sources "$root" "$1"; }

# Until the end of this script the kernel gives programs of arm64 to the qemu of that root, in
# whatever root they are.
run_arm64_by_qemu() {
  mountpoint -q "$binfmt" || { mount -t binfmt_misc none "$binfmt" && binfmt_mounted=yes; } || return
  local ones='\xff\xff\xff\xff\xff\xff\xff'
  local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  local mask="$ones\\x00$ones\\xff\\xfe\\xff\\xff\\xff"
  echo ":$handler:M::$magic:$mask:$root/usr/bin/qemu-aarch64-static:FP" >"$binfmt/register"
}

# How many there were goes to the report. qemu makes up some of what /proc says of a program itself,
# orphans do not come to a test that waits for them, and it runs nothing by single steps. Of the simulation a few seeds: it runs for
# minutes there.
unit_tests_pass() {
  local report
  report=$(build_there "cd $built && SEEDS=50 build/unit-tests \
    '~process figures: those of this process' '~supervisor: what a dead worker leaves*' \
    '~supervisor: killed*' '~ledger: a worker that dies*' 2>&1")
  set -- "$?"
  echo "$report"
  note "$(tail -n 1 <<<"$report")" >&3
  return "$1"
}

# The last stage of the Dockerfile, with that root for the first, where the same commands have made
# the package: buildah 1.28 has one platform for all stages.
image_is_built() {
  sed -n '/^# The package brings/,$p' packaging/docker/Dockerfile >"$dockerfile" &&
    storage_tool buildah bud --isolation chroot --network host --platform linux/arm64 \
      --build-context build="$root" --file "$dockerfile" --tag event-consumer .
}

is_arm64() { file --brief "$1" | grep 'ELF 64-bit LSB pie executable, ARM aarch64'; }
in_image() { chroot --userspec=65532:65532 --groups= "$container_root" "$@"; }

says_its_version() {
  equal "$(in_image "$@")" "event-consumer $(sed -n 's/^version *:= //p' Makefile)"
}

step 'arm64'
require 'a root' make_root "$root" bookworm make,qemu-user-static
# What the libraries drive out of the root, tests of TLS want.
require 'a compiler for arm64, and the libraries' \
  build_there 'dpkg --add-architecture arm64 && make deb-deps ARCH=arm64 &&
    apt-get install -qq --yes --no-install-recommends ca-certificates'
require 'the package is built' build_there 'make deb ARCH=arm64'
# Of what the package is made of, where it was made.
require 'the unit tests are built, without a warning' build_there "make -C $built -j2 WERROR=1 PREFIX=/usr \
  CXX=aarch64-linux-gnu-g++ PKG_CONFIG=aarch64-linux-gnu-pkg-config build/unit-tests"
require 'programs for arm64 run' run_arm64_by_qemu
exec 3>&1
check 'the unit tests pass' unit_tests_pass
require 'Debian for it' slim_image debian:bookworm-slim arm64
require 'the image is built' image_is_built
container_mount
check 'it says that it is for arm64' equal "$(image_config .OCIv1.Architecture)" arm64
check 'the supervisor is for arm64' is_arm64 "$container_root/usr/sbin/event-consumer"
check 'the worker is for arm64' is_arm64 "$container_root/usr/libexec/event-consumer/event-consumer-worker"
check 'the supervisor says its version' says_its_version /usr/sbin/event-consumer --version
check 'the worker says its version' says_its_version /usr/libexec/event-consumer/event-consumer-worker --version
