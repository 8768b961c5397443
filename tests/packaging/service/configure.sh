# shellcheck shell=bash
# The configuration of the service as README.md has it, with users of its own on both servers, and
# what becomes of a wrong password.

add_users() {
  run "set -e
    rabbitmqctl -q add_user app 'password of app'
    rabbitmqctl -q set_permissions app '.*' '.*' '.*'
    mkdir -p /etc/clickhouse-server/users.d /etc/clickhouse-server/config.d
    cat >/etc/clickhouse-server/users.d/writer.xml <<'END'
<yandex><users><writer><password>password of writer</password><networks><ip>::/0</ip></networks>
<profile>default</profile><quota>default</quota></writer></users></yandex>
END
    chmod 644 /etc/clickhouse-server/users.d/writer.xml
    systemctl restart clickhouse-server
    printf '127.0.0.1 %s\n' rabbit.example clickhouse.example >>/etc/hosts" &&
    wait_for 30 servers_are_up
}

unit_is() { equal "$(run 'systemctl is-active event-consumer')" "$1"; }

fails_for_a_wrong_password() {
  run "cp -p /etc/event-consumer/passwords/$1 /root/right
    echo wrong >/etc/event-consumer/passwords/$1
    cp /etc/default/event-consumer /root/default
    echo EVENT_CONSUMER_START_TIMEOUT=2 >>/etc/default/event-consumer
    systemctl start event-consumer"
  # Longer than until a restart, which must not come.
  ! wait_for 8 has_restarted && equal "$(property ExecMainStatus)" 78 && unit_is failed
  set -- "$1" "$?"
  run "cp -p /root/right /etc/event-consumer/passwords/$1
    cp /root/default /etc/default/event-consumer"
  return "$2"
}
property() { run "systemctl show -P $1 event-consumer"; }
has_restarted() { [ "$(property NRestarts)" != 0 ]; }

status_says_it() {
  local lines
  lines=$(run 'systemctl status --no-pager --lines 30 --full event-consumer' | grep -c "$1")
  [ "$lines" -ge 1 ] || { run 'systemctl status --no-pager --lines 30 --full event-consumer'; return 1; }
}

check_refuses_it() {
  run "echo wrong >/root/wrong
    ! event-consumer check --clickhouse-password-file /root/wrong"
}

test_configure() {
  step 'Configure'
  require 'users app and writer' add_users
  require 'README «Run it as a service» is run: configured, and check finds nothing wrong' \
    run "$(readme_block 'Run it as a service' 1)"
  check 'no file of the package is changed' equal "$(run 'dpkg --verify event-consumer')" ''
  check 'check says what is wrong with a password' check_refuses_it
  check 'a wrong password for RabbitMQ: 78 at the start, and no restart' \
    fails_for_a_wrong_password rabbitmq
  check 'systemctl status says so' status_says_it 'cannot log in to RabbitMQ'
  check 'a wrong password for ClickHouse: 78 at the start, and no restart' \
    fails_for_a_wrong_password clickhouse
  check 'systemctl status says so' status_says_it 'password is incorrect\|Wrong password'
}
