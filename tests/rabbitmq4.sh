#!/bin/sh
# rabbitmq4.sh COMMAND…: runs it where tests find the RabbitMQ 4 of Debian 13 in place of the installed
# broker: in a root in build/rabbitmq4, which is made when it is not there (35 s), and in which the
# sources are at their own path. Nobody else sees these mounts. Needs root.
set -eu

export RABBITMQ_ROOT=$PWD/build/rabbitmq4
if [ ! -d "$RABBITMQ_ROOT" ]; then
  packaging/deps.sh mmdebstrap
  rm -rf "$RABBITMQ_ROOT.new" && mkdir -p build
  mmdebstrap --quiet --variant=minbase --include=rabbitmq-server trixie "$RABBITMQ_ROOT.new"
  cp /etc/hosts "$RABBITMQ_ROOT.new/etc/hosts"
  mv "$RABBITMQ_ROOT.new" "$RABBITMQ_ROOT"
fi
mkdir -p "$RABBITMQ_ROOT$PWD"
# shellcheck disable=SC2016  # for the inner shell
exec unshare --mount sh -c '
  mount -t proc proc "$RABBITMQ_ROOT/proc"
  mount --bind /dev "$RABBITMQ_ROOT/dev"
  mount --rbind "$PWD" "$RABBITMQ_ROOT$PWD"
  exec "$@"' sh "$@"
