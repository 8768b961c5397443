# shellcheck shell=bash
# Events for the service on the test's machine, and what became of them. To be sourced.

published=0

# The publisher comes with its libraries, which are not those of the package on the machine.
bring_publisher() {
  mkdir -p build/packaging/lib
  ldd build/packaging/publish | awk '$3 ~ /^\// && $1 !~ /^lib(c|m)\.so/ { print $3 }' |
    xargs cp --dereference --target-directory=build/packaging/lib
}
publisher='LD_LIBRARY_PATH=/tools/lib /tools/publish amqp://guest:guest@127.0.0.1:5672/'

# publish COUNT [PER_SECOND]: the next COUNT events; returns once the broker has confirmed them.
publish() {
  local first=$published
  published=$((published + $1))
  run "$publisher click_events $first $1 ${2:-20000}"
}

# The same in the background, while something happens to the service; wait_for_publisher ends it.
publish_meanwhile() {
  local first=$published
  published=$((published + $1))
  run "$publisher click_events $first $1 $2" &
  publishing=$!
  wait_for 10 some_are_stored_from "$first"
}
wait_for_publisher() { wait "$publishing"; }

query() { run "clickhouse-client --query \"$1\""; }

event_id="toUInt64(extract(original_url, 'id=([0-9]+)\$'))"

some_are_stored_from() {
  [ "$(query "SELECT count() > 0 FROM url_shortener.click_events WHERE $event_id >= $1")" = 1 ]
}

# From here on it counts whether events are doubled; before, somebody was killed.
counted_from=0
count_from_here() { counted_from=$published; }

# Rows since then, and different events among them.
stored() {
  query "SELECT count(), uniqExact($event_id) FROM url_shortener.click_events
         WHERE $event_id >= $counted_from FORMAT CSV"
}

# Each published event is in the table; doubled ones are no fault.
all_stored() {
  wait_for 60 all_are_there || {
    echo "published $((published - counted_from)), stored and different: $(stored)"
    return 1
  }
}
all_are_there() { [ "$(stored | cut -d, -f2)" = $((published - counted_from)) ]; }

# Each is there, and once.
all_stored_once() {
  local count=$((published - counted_from))
  all_stored && equal "$(stored)" "$count,$count"
}
