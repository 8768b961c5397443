# shellcheck shell=bash
# The service at work: started, looked at, reloaded, and its processes killed.

main_pid() { property MainPID; }
workers() { run 'pgrep -c -x -f "event-consumer-worker .*"'; }
worker_pids() { run 'pgrep -f "^event-consumer-worker "'; }

starts_as_documented() {
  run "$(readme_block 'Run it as a service' 2)" | grep -q 'active (running)' && unit_is active
}

workers_are() { equal "$(workers)" "$1"; }

reload_applies_an_edit() {
  local before
  before=$(worker_pids)
  run "echo EVENT_CONSUMER_WORKERS=3 >>/etc/default/event-consumer
    $(readme_block 'Run it as a service' 3)" || return 1
  wait_for 20 workers_are_new "$before" 3
}

# Each of them is another than before.
workers_are_new() {
  workers_are "$2" && [ -z "$(comm -12 <(sort <<<"$1") <(worker_pids | sort))" ]
}

reload_refuses_a_mistake() {
  local before after
  before=$(main_pid; worker_pids)
  run 'cp /etc/default/event-consumer /root/default
    echo EVENT_CONSUMER_WORKERS=many >>/etc/default/event-consumer
    ! systemctl reload event-consumer' || return 1
  after=$(main_pid; worker_pids)
  run 'cp /root/default /etc/default/event-consumer'
  equal "$after" "$before" && unit_is active &&
    run 'journalctl --unit event-consumer --lines 20 | grep -q "EVENT_CONSUMER_WORKERS.*many"'
}

a_killed_worker_is_replaced() {
  local victim
  victim=$(worker_pids | head -1)
  run "kill -KILL $victim" || return 1
  wait_for 20 workers_are 3 && ! worker_pids | grep -qx "$victim" && equal "$(property NRestarts)" 0
}

# new_supervisor OLD: systemd has started another.
new_supervisor() { unit_is active && [ "$(main_pid)" != "$1" ]; }

ledger() { run 'stat --format %i /run/event-consumer/ledger'; }

a_killed_supervisor_comes_back() {
  local old before
  old=$(main_pid)
  before=$(ledger) && run "kill -KILL $old" || return 1
  wait_for 30 new_supervisor "$old" || return 1
  # The workers that lost it have left, and what they had posted is still known.
  wait_for 30 workers_are 3 && equal "$(property NRestarts)" 1 && equal "$(ledger)" "$before"
}

a_hanging_supervisor_is_replaced() {
  local old
  run 'mkdir -p /run/systemd/system/event-consumer.service.d
    printf "[Service]\nWatchdogSec=2\n" >/run/systemd/system/event-consumer.service.d/watchdog.conf
    systemctl daemon-reload && systemctl restart event-consumer' || return 1
  old=$(main_pid)
  run "kill -STOP $old" || return 1
  wait_for 30 new_supervisor "$old" || return 1
  run 'rm -r /run/systemd/system/event-consumer.service.d; systemctl daemon-reload
    journalctl --unit event-consumer --lines 100 | grep -q "Watchdog timeout"'
}

# The time it takes goes to the report.
stop_is_graceful() {
  local begin end
  begin=$(date +%s%N)
  run 'systemctl stop event-consumer' || return 1
  end=$(date +%s%N)
  note "stopped under load in $(((end - begin) / 1000000)) ms" >&3
  unit_is inactive && run '[ ! -e /run/event-consumer ] && [ ! -e /run/private/event-consumer ]' &&
    equal "$(property Result)" success
}

status_tells() {
  run 'event-consumer status' | grep -q '2 of 2 workers consume'
}

# What the probes for Kubernetes ask.
probes_are_answered() {
  local path asked=0
  for path in $(commands_block Containers 1 | grep -o 'path: [^,]*' | cut -d' ' -f2); do
    run "curl --silent --show-error --fail http://127.0.0.1:9463$path" || return 1
    asked=$((asked + 1))
  done
  equal "$asked" 2
}

# Line for line what EXAMPLES of the manual page has, in one shell, but for the last one.
examples_work() {
  local examples
  examples=$(sed -n 's/^\.Dl //p' man/event-consumer.8)
  [ "$(wc -l <<<"$examples")" -gt 8 ] && run "set -e; $examples"
}

# The last example, with a user and a table such as it speaks of.
own_queue_and_table_work() {
  local example
  example=$(commands_block EXAMPLES 1)
  run "set -e
    rabbitmqctl -q add_user user password
    rabbitmqctl -q set_permissions user '.*' '.*' '.*'
    clickhouse-client --query 'CREATE DATABASE mine'
    clickhouse-client --query 'CREATE TABLE mine.events (short_code String, referrer String)
                               ENGINE = MergeTree() ORDER BY short_code'
    systemd-run --quiet --unit=example sh -c '$example'
    $publisher my_events 0 1000 20000" || return 1
  wait_for 30 own_table_is_filled && run 'systemctl stop example'
}
own_table_is_filled() { [ "$(query 'SELECT count() FROM mine.events')" = 1000 ]; }

test_operate() {
  step 'systemd'
  require 'README «Run it as a service» is run: enabled and started' starts_as_documented
  check '10 000 events are published' publish 10000
  check 'they are stored once' all_stored_once
  check 'systemctl status has one line of how it goes' \
    wait_for 15 run 'systemctl status event-consumer | grep -q "Status: \"2/2 consuming"'

  check 'event-consumer status tells of the workers' wait_for 10 status_tells
  check 'the probes of event-consumer(8) «Containers» are answered' wait_for 10 probes_are_answered
  check 'every example of the manual page works' examples_work
  check 'the one with a queue and a table of its own, too' own_queue_and_table_work

  publish_meanwhile 20000 2000
  check 'an edit and a reload: other workers, now 3' reload_applies_an_edit
  check 'a reload with a mistake fails and changes nothing' reload_refuses_a_mistake
  check 'meanwhile events were published' wait_for_publisher
  check 'they are stored once' all_stored_once

  publish_meanwhile 30000 2000
  check 'a killed worker is replaced' a_killed_worker_is_replaced
  check 'a killed supervisor is started again' a_killed_supervisor_comes_back
  check 'a hanging supervisor is ended by the watchdog and started again' \
    a_hanging_supervisor_is_replaced
  check 'meanwhile events were published' wait_for_publisher
  check 'they are all stored' all_stored

  count_from_here
  publish_meanwhile 20000 2500
  check 'a stop under load is graceful and leaves no directory' stop_is_graceful
  check 'meanwhile events were published' wait_for_publisher
  check 'it starts again' run 'systemctl start event-consumer'
  check 'all are stored once' all_stored_once
}
