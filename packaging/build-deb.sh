#!/bin/sh
# build-deb.sh DIRECTORY [VERSION]: builds the Debian package from a copy of the sources (in a
# checkout, of the tracked files), into DIRECTORY. A VERSION is put in place of the one that the
# sources have. What was built there before is not built again if it did not change, and packages of
# other versions go. ARCH is the architecture to build for; that of this machine by default.
set -eu

directory=$1
version=${2:-}
tree=$directory/event-consumer
mkdir -p "$tree"
find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
if [ -e .git ]; then git ls-files -z; else find . -path ./build -prune -o ! -type d -print0; fi |
  tar --null --files-from=- -cf - | tar -C "$tree" -xf -
cd "$tree"
cp -r packaging/debian debian
# It may hold objects of another version, which are older than this.
touch Makefile

packaged=$(dpkg-parsechangelog --show-field Version)
if [ -n "$version" ]; then
  sed -i "s/^version    := .*/version    := $version/" Makefile
  sed -i "1s/(.*)/($version)/" debian/changelog
elif ! grep -qx "version    := $packaged" Makefile; then
  echo "packaging/debian/changelog says $packaged, and the Makefile another version" >&2
  exit 1
fi

# README installs what lies there by a pattern, which must not mean an older version as well.
find .. -maxdepth 1 -type f -name 'event-consumer*_*' ! -name "*_${version:-$packaged}_*" -delete

# Flags are Debian's, which harden the programs: those in the environment would stand in their place.
# DEB_CXXFLAGS_APPEND adds to them.
unset CPPFLAGS CXXFLAGS LDFLAGS

# The unit tests have been run by make check.
export DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS:-}"
dpkg-buildpackage ${ARCH:+--host-arch "$ARCH"} --unsigned-source --unsigned-changes --build=binary --no-pre-clean
