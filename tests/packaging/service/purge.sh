# shellcheck shell=bash
# Remove and purge: nothing runs, and nothing is left that was not there before.

leaves_nothing() {
  diff <(printf '%s\n' "$state_before") <(state_of_machine) | grep '^[<>]' |
    grep -v ' ./etc/\(ssl/test\|ssl/our-ca.pem\|clickhouse-server/.*\.d\|rabbitmq/rabbitmq.conf\)\| ./root/' >"$1"
  [ ! -s "$1" ] || { cat "$1"; return 1; }
}

test_purge() {
  step 'Remove and purge'
  check 'it runs' run 'systemctl start event-consumer'
  check 'remove' run 'apt-get remove event-consumer'
  check 'nothing of it runs' run '! pgrep event-consumer'
  check 'purge, beside a directory that is none of systemd'\''s' \
    run 'mkdir /run/event-consumer-by-hand && apt-get purge event-consumer && rmdir /run/event-consumer-by-hand'
  check 'its libraries too' run 'apt-get autoremove --purge'
  check 'nothing is left: no file, no user, no directory' leaves_nothing "$machines/left"
}
