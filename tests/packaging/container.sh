# shellcheck shell=bash
# `docker build` and `docker run` as README.md has them, without a daemon: buildah builds, and the
# container is a root of its own with a process tree of its own in the network of the test's
# machine. To be sourced.

storage=$PWD/build/packaging/containers
container=
container_environment=()

storage_tool() { "$1" --root "$storage" --runroot "$storage/run" --storage-driver vfs "${@:2}"; }
# image_config TEMPLATE: of what the image says.
image_config() {
  storage_tool buildah inspect --type image --format "{{$1}}" event-consumer
}

# Debian's image for containers has neither manual pages nor translations; ours stands in for it.
# slim_image NAME [ARCHITECTURE]: makes it, unless it is there.
slim_image() {
  local name=$1 architecture=${2:-$(dpkg --print-architecture)}
  local tree=build/packaging/slim-$architecture
  storage_tool buildah inspect --type image "$name" >/dev/null 2>&1 && return
  if [ ! -d "$tree" ]; then
    rm -rf "$tree.new"
    mkdir -p "$tree.new"
    mmdebstrap --quiet --variant=minbase --include=usr-is-merged --architectures="$architecture" \
      --skip=check/qemu --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      --customize-hook='rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/*' bookworm "$tree.new" || return
    mv "$tree.new" "$tree"
  fi
  tar -C "$tree" -cf - . | storage_tool podman import --arch "$architecture" - "$name"
}

docker() {
  case $1 in
    build) slim_image debian:bookworm-slim && storage_tool buildah bud --isolation chroot --network host "${@:2}" ;;
    run) docker_run "${@:2}" ;;
    *) echo "docker $1 is not known here"; false ;;
  esac
}

docker_run() {
  container_environment=()
  while [ $# -gt 1 ]; do
    case $1 in
      --rm) ;;
      --env) container_environment+=("$2"); shift ;;
      --network | --stop-timeout) shift ;;
      *) echo "docker run $1 is not known here"; return 1 ;;
    esac
    shift
  done
  container_start
}

# The Nth line of the block of README «Or in a container».
as_documented() { eval "$(readme_block 'Or in a container' 1 | sed -n "$1p")"; }

container_mount() {
  container_name=$(storage_tool buildah from event-consumer)
  container_root=$(storage_tool buildah mount "$container_name")
}

# container_start [ARGUMENTS]: runs what the image says, as the user it says.
container_start() {
  local entrypoint user
  echo '127.0.0.1 localhost rabbitmq clickhouse' >"$container_root/etc/hosts"
  entrypoint=$(image_config 'index .OCIv1.Config.Entrypoint 0')
  user=$(image_config .OCIv1.Config.User)
  nsenter --target "$(leader_of "$machine")" --net \
    unshare --pid --fork --mount --ipc --uts --kill-child \
    /bin/bash -c 'mount -t proc proc "$1/proc" && shift && exec env --ignore-environment "$@"' \
    - "$container_root" "PATH=$PATH" "${container_environment[@]}" \
    chroot --userspec="$user" --groups= "$container_root" "$entrypoint" "$@" &
  container=$!
}

# The first process of the container, seen from here.
container_pid() { pgrep -P "$container"; }

container_exec() {
  nsenter --target "$(container_pid)" --mount --pid --net --root --wd \
    env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# The command of HEALTHCHECK. That there is none must not pass for one that is content.
container_healthy() {
  local command
  mapfile -t command < <(python3 -c 'import json, re
text = open("packaging/docker/Dockerfile").read()
print("\n".join(json.loads(re.search(r"HEALTHCHECK.*?CMD (\[.*?\])\n", text, re.S)[1])))')
  [ "${#command[@]}" -gt 0 ] || return 1
  container_exec "${command[@]}"
}

# What compose.yaml gives one of its services, as NAME=value.
compose_environment() {
  awk -v service="  $1:" '/^[^ ]|^  [^ ]/ { here = ($0 == service) }
    here && /environment:/ { inside = 1; next } inside && /^      / { print; next } { inside = 0 }' \
    packaging/docker/compose.yaml | sed -E 's/^ +([A-Z_]+): (.*)/\1=\2/'
}

# Each variable of compose.yaml is one of an option.
container_accepts_compose() {
  local variables taken
  mapfile -t variables < <(compose_environment event-consumer)
  taken=$(env "${variables[@]}" build/event-consumer --print-config | grep -c '# environment')
  equal "$taken" "${#variables[@]}"
}

container_start_as_composed() {
  mapfile -t container_environment < <(compose_environment event-consumer)
  container_start
}

container_stop() {
  kill -TERM "$(container_pid)"
  wait "$container"
}

container_remove() {
  if [ -n "$container" ] && kill -KILL "$(container_pid)" 2>/dev/null; then
    wait "$container"
  fi
  [ -z "${container_name:-}" ] || storage_tool buildah rm "$container_name" >/dev/null
}
