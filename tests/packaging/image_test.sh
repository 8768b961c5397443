#!/bin/bash
# The container image: built from its Dockerfile and run, without a Docker daemon, next to real
# servers. Run by `make check-image`, as root.
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/packaging/report.sh
. tests/packaging/documents.sh
. tests/packaging/machine.sh
. tests/packaging/traffic.sh
. tests/packaging/servers.sh
. tests/packaging/container.sh

root=$PWD/build/packaging/bookworm
machine=image

end() {
  container_remove
  power_off "$machine"
  rm -f "$documents_used"
  finish_report
}
trap end EXIT
trap 'exit 1' INT TERM HUP

run() { inside "$machine" "$1"; }

size_is_small() {
  local megabytes
  megabytes=$(($(du --summarize --bytes --one-file-system "$container_root" | cut -f1) / 1000000))
  note "the image has $megabytes MB" >&3
  [ "$megabytes" -lt 120 ]
}

# SIGTERM to its first process, under load; the time goes to the report.
stops_in_time() {
  local begin
  begin=$(date +%s%N)
  container_stop || return 1
  local milliseconds=$((($(date +%s%N) - begin) / 1000000))
  note "stopped under load in $milliseconds ms" >&3
  [ "$milliseconds" -lt 10000 ]
}

# What nobody waits for becomes a child of the first process.
reaps_strangers() {
  container_exec /bin/sh -c '(sleep 0.2 &)' || return 1
  wait_for 10 no_zombie
}
no_zombie() { ! container_exec cat /proc/[0-9]*/stat | grep -q ' Z '; }

says_when_it_hangs() {
  local status=0
  kill -STOP "$(container_pid)" || return 1
  wait_for 30 is_unhealthy || status=1
  kill -CONT "$(container_pid)"
  return "$status"
}
is_unhealthy() { ! container_healthy; }

grace_is_longer_than_the_stop() {
  local grace
  local stop
  stop=$(sed -n 's/^ *EVENT_CONSUMER_STOP_TIMEOUT: //p' packaging/docker/compose.yaml)
  grace=$(sed -n 's/^ *stop_grace_period: \([0-9]*\)s/\1/p' packaging/docker/compose.yaml)
  [ "$grace" -gt "$stop" ]
}

# RabbitMQ and ClickHouse as compose.yaml starts them: empty, with these users.
servers_as_composed() {
  run "set -e
    export $(compose_environment rabbitmq | xargs) $(compose_environment clickhouse | xargs)
    rabbitmqctl -q stop_app && rabbitmqctl -q reset && rabbitmqctl -q start_app
    rabbitmqctl -q add_user \$RABBITMQ_DEFAULT_USER \$RABBITMQ_DEFAULT_PASS
    rabbitmqctl -q set_permissions \$RABBITMQ_DEFAULT_USER '.*' '.*' '.*'
    clickhouse-client --query 'DROP DATABASE url_shortener'
    mkdir -p /etc/clickhouse-server/users.d
    cat >/etc/clickhouse-server/users.d/composed.xml <<END
<yandex><users><\$CLICKHOUSE_USER><password>\$CLICKHOUSE_PASSWORD</password>
<networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
</\$CLICKHOUSE_USER></users></yandex>
END
    systemctl restart clickhouse-server" &&
    wait_for 30 servers_are_up
}

# The service and its dead letters, with nothing declared before.
queues_are_quorum_queues() {
  equal "$(run 'rabbitmqctl -q list_queues --no-table-headers name type | sort')" \
    $'click_events\tquorum\nclick_events.dead\tquorum'
}

# As the head of compose.yaml says it.
publish_one_as_composed() {
  run "amqp-publish --url amqp://$(compose_environment rabbitmq | cut -d= -f2 | paste -sd:)@127.0.0.1:5672 \
    --exchange url_shortener --routing-key click_events \
    --body '{\"short_code\": \"composed\", \"timestamp\": \"2025-12-19T10:20:30\", \"user_agent\": \"-\",
      \"ip_address\": \"203.0.113.7\", \"referrer\": \"\", \"original_url\": \"https://example.com/\"}'"
}
that_one_is_stored() {
  equal "$(query "SELECT short_code FROM url_shortener.click_events")" composed
}

set -e
make_root "$root" bookworm "$server_packages"
bring_publisher
boot "$machine" "$root" --private-network --bind-ro="$PWD/build/packaging:/tools"
set +e

step 'Docker'
exec 3>&1
require 'RabbitMQ and ClickHouse are up' servers_are_up
require 'README «Or in a container» is run: the image is built' as_documented 1
container_mount
check 'it is smaller than 120 MB' size_is_small
check 'it does not run as root' equal "$(image_config .OCIv1.Config.User)" 65532:65532
require 'README «Or in a container» is run: a container starts' as_documented 2
check 'its health check is content' wait_for 30 container_healthy
check '10 000 events are published' publish 10000
check 'they are stored once' all_stored_once
check 'as first process it reaps the children of others' reaps_strangers
check 'the health check finds a supervisor that hangs' says_when_it_hangs
check 'and one that goes on' wait_for 30 container_healthy
publish_meanwhile 20000 2500
check 'SIGTERM under load ends it in under 10 s, with status 0' stops_in_time
check 'meanwhile events were published' wait_for_publisher
container_start --status-address 127.0.0.1:9555
check 'another one stores the rest, all once' all_stored_once
check 'its health check follows the address in its arguments' wait_for 30 container_healthy

step 'compose.yaml'
check 'its grace period is longer than --stop-timeout' grace_is_longer_than_the_stop
check 'the variables that it sets are those of options' container_accepts_compose
check 'the container before it ends' container_stop
check 'servers are there, empty, with the users that it names' servers_as_composed
check 'a container starts with what it sets' container_start_as_composed
check 'its health check is content' wait_for 30 container_healthy
check 'the queues are quorum queues' wait_for 30 queues_are_quorum_queues
check 'an event is published' publish_one_as_composed
check 'it is stored' wait_for 10 that_one_is_stored
check 'it stops well' container_stop
