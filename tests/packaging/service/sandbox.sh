# shellcheck shell=bash
# What the service needs in spite of its restrictions: TLS, names from DNS alone, a mapping that its
# processes share in its directory. That it tells systemd of itself has been seen before.

# A CA and a certificate for both servers.
make_certificates() {
  run 'set -e
    mkdir -p /etc/ssl/test && cd /etc/ssl/test
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=CA -keyout ca.key -out ca.pem
    openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr
    printf "subjectAltName=DNS:rabbit.example,DNS:clickhouse.example" >names
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
      -extfile names -out server.pem
    chmod 644 *' 2>&1
}

servers_speak_tls() {
  run 'set -e
    printf "%s\n" "listeners.ssl.default = 5671" "ssl_options.cacertfile = /etc/ssl/test/ca.pem" \
      "ssl_options.certfile = /etc/ssl/test/server.pem" \
      "ssl_options.keyfile = /etc/ssl/test/server.key" "ssl_options.verify = verify_none" \
      >/etc/rabbitmq/rabbitmq.conf
    cat >/etc/clickhouse-server/config.d/tls.xml <<END
<yandex><https_port>8443</https_port><openSSL><server>
<certificateFile>/etc/ssl/test/server.pem</certificateFile>
<privateKeyFile>/etc/ssl/test/server.key</privateKeyFile>
<dhParamsFile></dhParamsFile><verificationMode>none</verificationMode>
</server></openSSL></yandex>
END
    chmod 644 /etc/clickhouse-server/config.d/tls.xml
    systemctl restart rabbitmq-server clickhouse-server' &&
    wait_for 60 servers_are_up
}

# The names of /etc/hosts are then known to systemd-resolved alone, which answers over DNS.
names_come_from_dns() {
  run 'set -e
    sed -i "s/^hosts:.*/hosts: dns/" /etc/nsswitch.conf
    getent hosts rabbit.example'
}

runs_with_tls() {
  run 'set -e
    cp /etc/ssl/test/ca.pem /etc/ssl/our-ca.pem
    cat >/etc/event-consumer/tls.conf <<END
'"$(options_block TLS 1)"'
END
    event-consumer check
    systemctl restart event-consumer'
}

shares_a_mapping() {
  run 'set -e
    mkdir -p /run/systemd/system/event-consumer.service.d
    printf "[Service]\nExecStartPre=/tools/shared_mapping %%t/event-consumer\n" \
      >/run/systemd/system/event-consumer.service.d/mapping.conf
    systemctl daemon-reload
    systemctl restart event-consumer
    rm -r /run/systemd/system/event-consumer.service.d
    systemctl daemon-reload'
}

test_sandbox() {
  step 'Sandbox'
  check 'certificates' make_certificates
  check 'both servers speak TLS' servers_speak_tls
  check 'names come from DNS' names_come_from_dns
  check 'event-consumer.conf(5) «TLS» is run: the service starts with TLS to both' runs_with_tls
  publish 1000
  check 'events are stored' all_stored_once
  check 'a mapping in its directory is shared' shares_a_mapping
  check 'back to plain text' run 'rm /etc/event-consumer/tls.conf
    sed -i "s/^hosts:.*/hosts: files dns/" /etc/nsswitch.conf
    systemctl restart event-consumer'
}
