#!/bin/sh
# apt-repository.sh DIRECTORY SUITE KEY DEB…: adds packages to a signed apt repository that any static
# web server can serve, and makes it when it is not there. KEY names a secret key of gpg's. Packages
# that are there already stay, so that an older version can be had again.
set -eu

directory=$1 suite=$2 key=$3
shift 3
pool=pool/$suite
mkdir -p "$directory/$pool"
for package in "$@"; do
  there=$directory/$pool/$(basename "$package")
  # Clients remember what a version holds.
  if [ -e "$there" ] && ! cmp -s "$package" "$there"; then
    echo "$there is another package of the same version: give the new one a version of its own" >&2
    exit 1
  fi
  install -m 644 "$package" "$there"
done

cd "$directory"
new=$(mktemp -d "$PWD/new.XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
architectures=$(for package in "$pool"/*.deb; do dpkg-deb --field "$package" Architecture; done | sort -u)
for architecture in $architectures; do
  mkdir -p "$new/main/binary-$architecture"
  apt-ftparchive --arch "$architecture" packages "$pool" >"$new/main/binary-$architecture/Packages"
  gzip --keep --no-name "$new/main/binary-$architecture/Packages"
done
# option NAME VALUE
option() { printf -- '-o\nAPT::FTPArchive::Release::%s=%s\n' "$1" "$2"; }
IFS='
'
# shellcheck disable=SC2046  # a word a line
apt-ftparchive $(option Origin event-consumer; option Label event-consumer
  option Suite "$suite"; option Codename "$suite"; option Components main
  option Architectures "$(echo "$architectures" | tr '\n' ' ' | sed 's/ $//')") release "$new" >"$new.Release"
mv "$new.Release" "$new/Release"
gpg --batch --yes --local-user "$key" --clearsign --output "$new/InRelease" "$new/Release"
gpg --batch --yes --local-user "$key" --armor --detach-sign --output "$new/Release.gpg" "$new/Release"
gpg --batch --yes --armor --export --output event-consumer.asc "$key"
mkdir -p dists
rm -rf "dists/$suite"
mv "$new" "dists/$suite"
