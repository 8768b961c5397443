#!/bin/bash
# Fails when a file includes what its place does not allow (common/ knows neither program, the
# programs do not know each other, the rooms of a worker know those below them only, nothing in the
# product knows the tests, each foreign library is met in one place), when headers include each
# other in a circle, and when one program has two types or two headers of one name.
set -u
failed=0

sources() { git ls-files -co --exclude-standard "$@" | grep -E '\.(cc|h)$'; }

# report WHY FINDINGS: fails with them, if there are any.
report() {
  [ -z "$2" ] && return
  printf '%s:\n%s\n' "$1" "$2" >&2
  failed=1
}

# forbid DIRECTORY PATTERN WHY [EXCEPT]
forbid() {
  report "$3" "$(sources "$1" | grep -vE "${4:-^$}" |
    xargs grep -nE "^#include [<\"]($2)" /dev/null)"
}

# room NAME ALLOWED: what src/worker/NAME includes of the worker, beside itself. It stands above the
# rooms that it includes.
room() {
  report "worker/$1 includes of the worker only: $2" "$(sources "src/worker/$1" |
    xargs grep -nE '^#include "worker/' /dev/null |
    grep -vE "#include \"worker/($1/|${2// /|})")"
}

forbid common 'supervisor/|worker/' 'common/ includes nothing of src/'
forbid src/supervisor 'worker/' 'the supervisor knows no worker'
forbid src/worker 'supervisor/' 'a worker knows no supervisor'
forbid common 'tests/' 'the product does not know its tests'
forbid src 'tests/' 'the product does not know its tests'
forbid tests/support 'tests/support/catch.h' 'the demonstration is linked without Catch2' '\.h$'

# The seams, which whoever stands behind them may include, are plain values and interfaces.
seams='message/(delivery|source|dead_letter_sink)\.h'
room loop 'message/ insert/ ledger/ batch/ encode/ amqp/ clickhouse/ diagnosis\.h background\.h'
room message 'encode/'
room insert "ledger/post_ledger\.h batch/ encode/ message/(delivery|in_flight)\.h"
room ledger "batch/ message/(delivery|in_flight|basic_properties)\.h"
room batch 'encode/ message/(delivery|basic_properties)\.h'
room encode nothing
room amqp "$seams encode/verdict\.h tls\.h diagnosis\.h background\.h host_name\.h"
room clickhouse 'insert/(inserter|error_class)\.h batch/ encode/ tls\.h diagnosis\.h background\.h host_name\.h'
room commands 'amqp/ clickhouse/ encode/ diagnosis\.h host_name\.h tls\.h'
report 'what is behind a seam may be included by a seam only' "$(sources src/worker/message |
  grep -E "/$seams\$" | xargs grep -nE '^#include "worker/' /dev/null |
  grep -vE "\"worker/($seams|encode/verdict\.h)")"

forbid src 'CLI/' 'CLI11 is met in common/command_line.cc'
forbid common 'CLI/' 'CLI11 is met in common/command_line.cc' '/command_line.cc$'
forbid src 'spdlog/(spdlog|sinks|logger|pattern)' 'spdlog is met in common/log'
forbid common 'spdlog/(spdlog|sinks|logger|pattern)' 'spdlog is met in common/log' '/log\.(cc|h)$'
forbid src 'httplib.h' 'cpp-httplib is met in one file of each program' '/(clickhouse/http_client|status/fetch).cc$'
forbid src 'microhttpd.h' 'libmicrohttpd is met in supervisor/status/http_server.cc' '/http_server.cc$'
forbid src 'openssl/' 'OpenSSL is met in worker/tls.cc' '^src/worker/tls.cc$'
forbid src 'rapidjson/' 'RapidJSON is met in worker/encode and supervisor/status' \
  '^src/(worker/encode|supervisor/status)/'
forbid src 'prometheus/' 'prometheus-cpp is met in the metrics of supervisor/status' '/status/(metrics.cc|metric_family.h)$'
forbid src '(rabbitmq-c/)?amqp' 'rabbitmq-c is met in worker/amqp' '^src/worker/amqp/'

report 'headers include each other in a circle' "$(sources common src tests | grep '\.h$' |
  xargs awk -F '"' '/^#include "/ { header = FILENAME; sub("^src/", "", header); print header, $2 }' |
  tsort 2>&1 >/dev/null)"

# Types outside of anonymous namespaces: clang-format puts their first lines and the ends of
# namespaces where this finds them.
types='
  FNR == 1 { depth = 0; anonymous = 0 }
  /^namespace \{/ { anonymous = 1 }
  /^}  \/\/ namespace$/ { anonymous = 0 }
  /^namespace [a-z_:]+ \{/ { space[++depth] = $2 "::" }
  /^}  \/\/ namespace [a-z_:]+$/ { --depth }
  /^(enum )?(class|struct|union) [A-Za-z_]+( final)?( :.*| \{.*)?$/ && !anonymous {
    print space[depth] ($2 == "class" || $2 == "struct" ? $3 : $2), FILENAME
  }'
names='{ name = $0; sub(".*/", "", name); print name, $0 }'
twice='$1 == name { print name ": " where, $2 } { name = $1; where = $2 }'

# one_of_each PROGRAM PATH...: what the program is made of.
one_of_each() {
  program=$1
  shift
  report "two types of one name in $program" \
    "$(sources "$@" | xargs awk "$types" | sort | awk "$twice")"
  report "two headers of one name in $program" \
    "$(sources "$@" | grep '\.h$' | awk "$names" | sort | awk "$twice")"
}

one_of_each event-consumer common src/supervisor
one_of_each event-consumer-worker common src/worker tests/planted
one_of_each unit-tests common src tests/common tests/supervisor tests/worker tests/fakes tests/simulation tests/chaos
for tests in integration engine demo bench chaos; do
  one_of_each "$tests" common tests/support "tests/$tests"
done

exit "$failed"
