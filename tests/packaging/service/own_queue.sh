# shellcheck shell=bash
# «Your own queue in five minutes» of README.md, command by command, from the directory of root.

own_queue_block() { readme_block 'Your own queue in five minutes' "$1"; }
runs_as_documented() { run "cd /root && $(own_queue_block "$1")"; }

# What the README says of Debian's ClickHouse.
knows_no_users_in_sql() { ! runs_as_documented 3; }

# The last but one block stays in the foreground.
runs_in_the_foreground() {
  run "systemd-run --quiet --unit=own-queue --working-directory=/root sh -c '$(own_queue_block 6)'" &&
    wait_for 10 run 'event-consumer status | grep -q "2 of 2 workers consume"'
}

publishes_as_documented() { run "$(own_queue_block 7 | head -1)"; }
is_selected() {
  equal "$(run "$(own_queue_block 7 | tail -n +2)")" $'7\t2025-12-19 10:20:30\t21.5'
}

# Nothing but the queue and its dead letters.
has_no_other_rights() {
  is_refused 'amqp-publish --exchange amq.topic --body x' && is_refused 'amqp-declare-queue --queue other'
}
is_refused() { run "$1 --url amqp://readings:secret-1@localhost 2>&1 | grep ACCESS_REFUSED"; }

rejects_a_bad_one() {
  run "amqp-publish --routing-key readings --body '{\"sensor\": \"x\"}'" && wait_for 10 lists_it
}
lists_it() { run 'cd /root && event-consumer dead-letters list --config readings.conf | grep bad_value'; }

test_own_queue() {
  step 'Your own queue in five minutes'
  check 'the queue, and the user of RabbitMQ' runs_as_documented 1
  check 'who has no other rights' has_no_other_rights
  check 'the table' runs_as_documented 2
  check 'ClickHouse 18.16 knows no users in SQL' knows_no_users_in_sql
  check 'the user of ClickHouse' runs_as_documented 4
  check 'the configuration, and check finds nothing wrong' wait_for 15 runs_as_documented 5
  check 'it runs in the foreground' runs_in_the_foreground
  check 'an event is published' publishes_as_documented
  check 'it is in the table' wait_for 10 is_selected
  check 'a bad one is among the dead letters' rejects_a_bad_one
  run 'systemctl stop own-queue'
}
