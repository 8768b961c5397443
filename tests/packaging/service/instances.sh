# shellcheck shell=bash
# A second instance from the template.

instance_stores_its_own() {
  run "$publisher orders 0 1000 20000" || return 1
  wait_for 30 orders_are_stored
}
orders_are_stored() { [ "$(query 'SELECT count() FROM url_shortener.orders')" = 1000 ]; }

test_instances() {
  step 'Several instances'
  check 'event-consumer(8) «Several instances» is run' run "$(commands_block 'Several instances' 1)"
  check 'both run' equal "$(run 'systemctl is-active event-consumer event-consumer@orders')" \
    $'active\nactive'
  check 'the second stores events of its queue' instance_stores_its_own
  check 'the first does not' all_stored_once
}
