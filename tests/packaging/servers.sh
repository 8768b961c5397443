# shellcheck shell=bash
# The servers on the test's machine. To be sourced.

server_packages=rabbitmq-server,clickhouse-server,clickhouse-client,systemd-resolved,man-db
server_packages+=,bash-completion,openssl,curl,amqp-tools

servers_are_up() {
  run 'rabbitmqctl await_startup --timeout 60 && clickhouse-client --query "SELECT 1"' >/dev/null
}
