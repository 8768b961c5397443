#!/bin/sh
# Fails when a file includes what its place does not allow: common/ knows neither program, the
# programs do not know each other, the encoder knows neither AMQP nor HTTP, those two do not know
# each other, nothing in the product knows the tests, and each foreign library is met in one place.
set -u
failed=0

# forbid DIRECTORY PATTERN WHY [EXCEPT]
forbid() {
  found=$(git ls-files -co --exclude-standard "$1" | grep -E '\.(cc|h)$' | grep -vE "${4:-^$}" |
    xargs grep -nE "^#include [<\"]($2)" /dev/null)
  [ -z "$found" ] && return
  printf '%s:\n%s\n' "$3" "$found" >&2
  failed=1
}

forbid common 'supervisor/|worker/' 'common/ includes nothing of src/'
forbid src/supervisor 'worker/' 'the supervisor knows no worker'
forbid src/worker 'supervisor/' 'a worker knows no supervisor'
forbid src/worker/encode 'worker/(amqp|clickhouse)/' 'the encoder knows neither AMQP nor HTTP'
forbid src/worker/amqp 'worker/clickhouse/' 'AMQP and ClickHouse do not know each other'
forbid src/worker/clickhouse 'worker/amqp/' 'AMQP and ClickHouse do not know each other'
forbid common 'tests/' 'the product does not know its tests'
forbid src 'tests/' 'the product does not know its tests'
forbid src 'CLI/' 'CLI11 is met in common/command_line.cc'
forbid common 'CLI/' 'CLI11 is met in common/command_line.cc' '/command_line.cc$'
forbid src 'spdlog/(spdlog|sinks|logger|pattern)' 'spdlog is met in common/log'
forbid common 'spdlog/(spdlog|sinks|logger|pattern)' 'spdlog is met in common/log' '/log\.(cc|h)$'
forbid src 'httplib.h' 'cpp-httplib is met in one file of each program' '/(clickhouse/clickhouse_http|status/http).cc$'
forbid src 'openssl/' 'OpenSSL is met in worker/tls.cc' '^src/worker/tls.cc$'
forbid src 'rapidjson/' 'RapidJSON is met in worker/encode and supervisor/status' \
  '^src/(worker/encode|supervisor/status)/'
forbid src 'prometheus/' 'prometheus-cpp is met in supervisor/status/metrics.cc' '/metrics.cc$'
forbid src '(rabbitmq-c/)?amqp' 'rabbitmq-c is met in worker/amqp' '^src/worker/amqp/'

exit "$failed"
