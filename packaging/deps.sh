#!/bin/sh
# Installs the Debian packages named on the command line that are missing, and nothing else.
# A package counts as there when it is installed for this architecture, whatever its version and
# whatever other architectures have it. Servers that this script installs are not started; a server
# that runs already is not touched.
set -eu

native=$(dpkg --print-architecture)
# A line for each architecture that has it.
is_installed() {
  dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' "$1" 2>/dev/null |
    grep -qxE "(all|$native) installed"
}

missing=
for package in "$@"; do
  is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "These packages are missing, and there is no sudo to install them with:$missing" >&2
    exit 1
  }
  as_root=sudo
fi

export DEBIAN_FRONTEND=noninteractive
# Package lists may be absent on a new machine.
# shellcheck disable=SC2086  # the list is meant to be split
apt-get install --simulate --no-install-recommends $missing >/dev/null 2>&1 ||
  $as_root apt-get update -qq

# shellcheck disable=SC2086
size=$(apt-get install --print-uris --yes --no-install-recommends $missing 2>/dev/null |
  awk '/^\047/ { bytes += $3 } END { printf "%.0f", bytes / 1000000 }')
echo "Debian packages to install ($size MB to fetch, with what they need):"
printf '  %s\n' $missing
if [ -t 0 ] && [ -z "${YES:-}" ]; then
  printf 'Install them now? [Y/n] '
  read -r answer
  case $answer in
    '' | [Yy]*) ;;
    *) exit 1 ;;
  esac
fi

# Debian starts a server when it is installed, unless this file says no (policy-rc.d(8)). One that
# is there belongs to somebody else and stays as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '$as_root rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
fi
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -qq --yes --no-install-recommends $missing >/dev/null
echo "Installed."
