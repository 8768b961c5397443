# shellcheck shell=bash
# To the next version, under load and at rest.

upgrades_as_documented() {
  local before after
  before=$(main_pid)
  instance_before=$(run 'systemctl show -P MainPID event-consumer@orders')
  # Below build/deb lies now what `make deb` makes of the next version.
  run "cd /root/next && mkdir -p /root/upgrade/build && ln -sfn /root/next /root/upgrade/build/deb &&
    cd /root/upgrade && $(readme_block 'Run it as a service' 4)" || return 1
  after=$(main_pid)
  unit_is active && [ "$after" != "$before" ] &&
    equal "$(run 'event-consumer --version')" 'event-consumer 9.0.0'
}

instance_is_restarted() {
  run 'systemctl is-active event-consumer@orders' &&
    [ "$(run 'systemctl show -P MainPID event-consumer@orders')" != "$instance_before" ]
}

# Installs the version of before again while the service does not run.
stays_stopped() {
  run 'systemctl stop event-consumer
    apt install --allow-downgrades /root/build/deb/event-consumer_*.deb' || return 1
  unit_is inactive && equal "$(run 'systemctl is-enabled event-consumer')" enabled
}

test_upgrade() {
  step 'Upgrade'
  count_from_here
  publish_meanwhile 20000 2000
  check 'README «Run it as a service» is run under load: the new version runs' upgrades_as_documented
  check 'the instance too' instance_is_restarted
  check 'meanwhile events were published' wait_for_publisher
  check 'all are stored once' all_stored_once
  check 'what does not run is not started by another version' stays_stopped
}
