#!/bin/bash
# The manifests of Kubernetes: by its own schemas, and by our options. Run by
# `make check-kubernetes`.
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/packaging/report.sh
trap 'exit 1' INT TERM HUP

manifest=packaging/kubernetes/event-consumer.yaml
monitor=packaging/kubernetes/pod-monitor.yaml
tools=build/packaging/kubernetes-validate
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; finish_report' EXIT

have_validator() {
  [ -x "$tools/bin/kubernetes-validate" ] ||
    { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet kubernetes-validate==1.37.0; }
}

# Unknown fields are faults.
validate() { "$tools/bin/kubernetes-validate" --strict --kubernetes-version "$1" "$2"; }

refuses_a_slip() {
  sed 's/enableServiceLinks/enableServiceLink/' "$manifest" >"$scratch/slip.yaml"
  ! validate 1.37 "$scratch/slip.yaml"
}

# What the ConfigMap holds, as NAME=value.
variables() {
  "$tools/bin/python" - "$manifest" <<'END'
import sys, yaml
for document in yaml.safe_load_all(open(sys.argv[1])):
    if document["kind"] == "ConfigMap":
        for name, value in document["data"].items():
            print(f"{name}={value}")
END
}

options_are_known() {
  local all
  echo password >"$scratch/rabbitmq"
  echo password >"$scratch/clickhouse"
  mapfile -t all < <(variables | sed "s,=/passwords/,=$scratch/,")
  equal "$(env "${all[@]}" build/event-consumer --config= --print-config | grep -c '# environment')" \
    "${#all[@]}"
}

grace_is_longer_than_the_stop() {
  [ "$(sed -n 's/^ *terminationGracePeriodSeconds: //p' "$manifest")" -gt \
    "$(variables | sed -n 's/^EVENT_CONSUMER_STOP_TIMEOUT=//p')" ]
}

# The kind of an operator, for which there is no schema here.
monitor_fits() {
  "$tools/bin/python" - "$manifest" "$monitor" <<'END'
import sys, yaml
deployment = [d for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "Deployment"][0]
monitor = yaml.safe_load(open(sys.argv[2]))
pod = deployment["spec"]["template"]
assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
ports = [port["name"] for port in pod["spec"]["containers"][0]["ports"]]
assert [end["port"] for end in monitor["spec"]["podMetricsEndpoints"]] == ports
# Without a label for it the job would be NAMESPACE/NAME, and the first alert silent.
job = pod["metadata"]["labels"][monitor["spec"]["jobLabel"]]
assert f'up{{job="{job}"}}' in open("packaging/prometheus/event-consumer.rules.yml").read()
END
}

step 'Kubernetes'
require 'kubernetes-validate' have_validator
check 'the manifests are valid' validate 1.37 "$manifest"
check 'a slip in a field is found' refuses_a_slip
check 'the variables are those of options' options_are_known
check 'its grace period is longer than the stop' grace_is_longer_than_the_stop
check 'the PodMonitor meets the Pods, their port and the alerts' monitor_fits
