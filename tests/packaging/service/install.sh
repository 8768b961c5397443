# shellcheck shell=bash
# Builds the package and one of a later version; installs the first.

prepare_packages() {
  local root=$1 debs=$2
  rm -rf "$debs"
  mkdir -p "$debs"/{first,second}
  make --no-print-directory deb
  cp build/deb/event-consumer_*.deb "$debs/first"
  # The next version is built from the same objects.
  rm -rf build/packaging/next
  mkdir build/packaging/next
  cp -a build/deb/event-consumer build/packaging/next
  packaging/build-deb.sh build/packaging/next 9.0.0
  cp build/packaging/next/event-consumer_9*.deb "$debs/second"

  echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/90yes"
  # The machine has no network: what the package needs is fetched before.
  mkdir -p "$root/run/systemd/resolve"
  cp /etc/resolv.conf "$root/run/systemd/resolve/stub-resolv.conf"
  cp "$debs/first"/*.deb "$root/package.deb"
  chroot "$root" apt-get update -qq
  chroot "$root" apt-get install -qq --download-only /package.deb >/dev/null
  rm "$root/package.deb"
}

# Every file, directory and user, but for what changes by itself or belongs to others.
state_of_machine() {
  run 'cd / && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./tools \
         -o -path ./root/build -o -path ./root/next -o -path ./var/log -o -path ./var/cache \
         -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/lib/rabbitmq \
         -o -path ./var/lib/clickhouse -o -path ./var/tmp -o -path ./run/systemd \
         -o -path ./run/credentials -o -path ./run/private -o -path ./etc/ld.so.cache \) -prune -o -print | LC_ALL=C sort
       find /run/private/* /run/event-consumer* /var/lib/private /var/lib/event-consumer* 2>/dev/null
       getent passwd; getent group'
}

postinst_is_silent() {
  local said
  said=$(printf '%s\n' "$install_log" | sed -n '/^Setting up event-consumer /,$p' |
    grep -v '^Setting up\|^Processing triggers')
  equal "$said" ''
}

exposure_is_low() {
  local line
  line=$(run 'systemd-analyze security --no-pager event-consumer | tail -1')
  note "$line" >&3
  awk -v exposure="$(grep -o '[0-9.]*[0-9]' <<<"$line" | head -1)" 'BEGIN { exit !(exposure <= 1.2) }'
}

completes() {
  equal "$(run "source /usr/share/bash-completion/completions/event-consumer
    COMP_WORDS=(event-consumer $1); COMP_CWORD=1; compopt() { :; }; _event_consumer
    printf '%s ' \"\${COMPREPLY[@]}\"")" "$2"
}

test_install() {
  step 'Install'
  exec 3>&1
  require 'RabbitMQ and ClickHouse are up' servers_are_up
  state_before=$(state_of_machine)
  require 'README «Install» is run' install_as_documented
  check 'postinst says nothing' postinst_is_silent
  check 'it is not enabled' equal "$(run 'systemctl is-enabled event-consumer')" disabled
  check 'it is not started' equal "$(run 'systemctl is-active event-consumer')" inactive
  check 'the units are valid' run 'said=$(systemd-analyze verify --man=no \
    event-consumer.service event-consumer@orders.service 2>&1); echo "$said"; [ -z "$said" ]'
  check 'exposure is at most 1.2' exposure_is_low
  check 'man event-consumer' run 'man event-consumer | grep -q "move JSON events"'
  check 'man event-consumer-worker' run 'man event-consumer-worker | grep -q "one worker process"'
  check 'man event-consumer.conf' run 'man event-consumer.conf | grep -q "configuration file"'
  check 'bash completes a flag' completes '--clickhouse-us' '--clickhouse-user '
  check 'bash completes a command' completes 'dead' 'dead-letters '
}

# The sources are not on the machine: the first line of the block has been run outside.
install_as_documented() {
  local block
  block=$(readme_block Install 1)
  equal "$(head -1 <<<"$block")" 'make deb'
  install_log=$(run "cd /root && $(tail -n +2 <<<"$block") 2>&1") ||
    { echo "$install_log"; return 1; }
}
