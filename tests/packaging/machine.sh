# shellcheck shell=bash
# A machine for tests: real systemd as its first process, in namespaces of its own, on a copy of a
# Debian root that is thrown away. Needs root, systemd-container and mmdebstrap; the host's own
# first process may be anything. To be sourced.
#
#   make_root DIRECTORY SUITE PACKAGES   a Debian root with systemd and these, unless it is there
#   in_sources ROOT COMMAND              runs a shell command there, in the sources
#   boot NAME ROOT [OPTIONS]             boots a copy of ROOT; OPTIONS go to systemd-nspawn
#   inside NAME SCRIPT                   runs a shell script there as a unit; its status comes back
#   power_off NAME                       in order, and leaves nothing

machines=${machines:-$PWD/build/packaging/machines}

make_root() {
  local root=$1 suite=$2 packages=$3
  if [ "$(cat "$root.packages" 2>/dev/null)" != "$packages" ]; then
    rm -rf "$root" "$root.new"
    mkdir -p "$root.new"
    mmdebstrap --quiet --variant=minbase \
      --include="systemd,systemd-sysv,dbus,iproute2,procps,ca-certificates,$packages" \
      "$suite" "$root.new" || return
    # What a machine without a network waits for, and what would run by the clock.
    ln -sf /dev/null "$root.new/etc/systemd/system/systemd-networkd-wait-online.service"
    ln -sf /dev/null "$root.new/etc/systemd/system/console-getty.service"
    rm -rf "$root.new/etc/systemd/system/timers.target.wants"
    echo '127.0.0.1 localhost' >"$root.new/etc/hosts"
    : >"$root.new/etc/machine-id"
    mv "$root.new" "$root"
    echo "$packages" >"$root.packages"
  fi
}

# What it builds stays for the next run.
in_sources() {
  local root=$1
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  mkdir -p "$root/source"
  find "$root/source" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  git ls-files -z | tar --null --files-from=- -cf - | tar -C "$root/source" -xf -
  systemd-nspawn --quiet --directory="$root" --register=no --keep-unit --pipe \
    --resolv-conf=off --chdir=/source --setenv=YES=1 /bin/sh -c "$2"
}

# The first process of the machine, seen from here.
leader_of() { pgrep -P "$(cat "$machines/$1/nspawn.pid")" -x systemd; }

enter() {
  local leader
  leader=$(leader_of "$1") || return
  shift
  nsenter -t "$leader" -m -u -i -n -p -C -r -w -- "$@"
}

boot() {
  local name=$1 root=$2 directory=$machines/$1
  shift 2
  mkdir -p "$directory"
  mount -t tmpfs -o mode=755 "machine-$name" "$directory"
  mkdir "$directory"/{upper,work,root}
  mount -t overlay overlay \
    -o "lowerdir=$root,upperdir=$directory/upper,workdir=$directory/work" "$directory/root"
  # Control groups of its own, so that two machines do not meet.
  local group groups=()
  for group in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ -e "$group/cgroup.procs" ] && mkdir -p "$group/machine-$name" && groups+=("$group/machine-$name")
  done
  (
    for group in "${groups[@]}"; do echo $BASHPID >"$group/cgroup.procs"; done
    export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
    exec setsid systemd-nspawn --quiet --boot --directory="$directory/root" --machine="$name" \
      --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no \
      --console=pipe "$@" </dev/null
  ) >"$directory/console" 2>&1 &
  echo $! >"$directory/nspawn.pid"
  disown
  if ! wait_for 30 machine_is_up "$name"; then
    cat "$directory/console" >&2
    return 1
  fi
}

machine_is_up() {
  case $(enter "$1" systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) false ;; esac
}

# systemd expands $NAME in the command of a unit: each $ is doubled.
inside() {
  enter "$1" systemd-run --quiet --wait --pipe --collect -- /bin/bash -c "${2//\$/\$\$}" </dev/null
}

power_off() {
  local name=$1 directory=$machines/$1 pid
  [ -e "$directory/nspawn.pid" ] || return 0
  pid=$(cat "$directory/nspawn.pid")
  enter "$name" systemctl poweroff >/dev/null 2>&1 || true
  wait_for 30 process_is_gone "$pid" || kill -KILL "$pid"
  umount "$directory/root"
  umount "$directory"
  rmdir "$directory"
  local group
  for group in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ ! -d "$group/machine-$name" ] || find "$group/machine-$name" -depth -type d -exec rmdir {} +
  done
}

process_is_gone() { ! kill -0 "$1" 2>/dev/null; }

# wait_for SECONDS COMMAND…: asks until it succeeds, and throws away what it says; false when it has
# not succeeded by then.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}
