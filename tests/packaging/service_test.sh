#!/bin/bash
# The life of the Debian package on a clean Debian 12 with real systemd, RabbitMQ and ClickHouse:
# installed, configured as README.md and the manual say, started, hurt in every way, upgraded, removed, purged.
# Run by `make check-packaging`, as root; a machine that is left over after a failure is thrown away
# too, unless KEEP is set.
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/packaging/report.sh
. tests/packaging/documents.sh
. tests/packaging/machine.sh
. tests/packaging/traffic.sh
. tests/packaging/servers.sh
for part in install own_queue configure operate sandbox instances upgrade purge; do
  . "tests/packaging/service/$part.sh"
done

root=$PWD/build/packaging/bookworm
debs=$PWD/build/packaging/debs
machine=service

end() {
  [ -n "${KEEP:-}" ] || power_off "$machine"
  rm -f "$documents_used"
  finish_report
}
trap end EXIT
trap 'exit 1' INT TERM HUP

run() { inside "$machine" "$1"; }

set -e
make_root "$root" bookworm "$server_packages"
prepare_packages "$root" "$debs"
bring_publisher
boot "$machine" "$root" --private-network --system-call-filter=bpf \
  --bind-ro="$debs/first:/root/build/deb" --bind-ro="$debs/second:/root/next" \
  --bind-ro="$PWD/build/packaging:/tools"
set +e

test_install
test_own_queue
test_configure
test_operate
test_sandbox
test_instances
test_upgrade
test_purge
step 'Documents'
check 'every command of README.md was run' every_block_was_used readme_block \
  Install 'Your own queue in five minutes' 'Run it as a service'
check 'and of event-consumer(8)' every_block_was_used commands_block \
  'Several instances' Containers EXAMPLES
check 'and the files of event-consumer.conf(5)' every_block_was_used options_block TLS
