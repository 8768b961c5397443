#!/bin/bash
# Debian 13 from the same sources, as far as it goes there, where there is no ClickHouse: builds, unit
# tests, the package, its units. Run by `make check-debian13`, as root.
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/packaging/report.sh
. tests/packaging/machine.sh

root=$PWD/build/packaging/trixie
machine=debian13

end() {
  power_off "$machine"
  finish_report
}
trap end EXIT
trap 'exit 1' INT TERM HUP

run() { inside "$machine" "$1"; }

build_there() { in_sources "$root" "$1"; }

exposure_is_low() {
  run "systemd-analyze security --no-pager event-consumer | tail -1 | grep -o '[0-9.]*[0-9]' |
    awk '{ exit !(\$1 <= 1.2) }'"
}

needs_clickhouse() {
  run 'echo EVENT_CONSUMER_START_TIMEOUT=2 >>/etc/default/event-consumer
    ! systemctl start event-consumer; systemctl stop event-consumer
    journalctl --no-pager --unit event-consumer | grep "Main process exited.*status=69"'
}

step 'Debian 13'
require 'a root' make_root "$root" trixie make,rabbitmq-server,man-db
require 'the packages to build with' build_there 'make deb-deps'
require 'both programs and the unit tests are built, without a warning' \
  build_there 'make -j2 WERROR=1 all build/unit-tests'
check 'the unit tests pass' build_there build/unit-tests
require 'the package is built' build_there 'make deb'
boot "$machine" "$root" --private-network || exit 1
require 'it is installed' run 'apt-get install --yes /source/build/deb/event-consumer_[0-9]*.deb'
check 'the units are valid' run "said=\$(systemd-analyze verify --man=no \
  event-consumer.service event-consumer@orders.service 2>&1); echo \"\$said\"; [ -z \"\$said\" ]"
check 'exposure is at most 1.2' exposure_is_low
check 'without ClickHouse a start ends with 69' needs_clickhouse
check 'it is purged' run 'apt-get purge --yes event-consumer && [ ! -e /etc/default/event-consumer ]'
