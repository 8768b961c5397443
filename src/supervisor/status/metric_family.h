// Short forms for families of metrics as prometheus-cpp has them.
#pragma once

#include <prometheus/metric_family.h>

#include <utility>
#include <vector>

#include "common/text.h"

namespace event_consumer {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr MetricType kCounter = MetricType::Counter;
constexpr MetricType kGauge = MetricType::Gauge;

// Values are what operators and servers have named: a byte that is not UTF-8 would make Prometheus
// refuse all that is told to it.
inline ClientMetric with_labels(Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  for (ClientMetric::Label& label : metric.label)
    label.value = printable(label.value, label.value.size());
  return metric;
}

inline ClientMetric number(MetricType type, double value, Labels labels = {}) {
  ClientMetric metric = with_labels(std::move(labels));
  metric.counter.value = type == kCounter ? value : 0;
  metric.gauge.value = type == kGauge ? value : 0;
  return metric;
}

// A family of one metric.
inline MetricFamily one(const char* name, MetricType type, const char* help, double value,
                        Labels labels = {}) {
  return {name, help, type, {number(type, value, std::move(labels))}};
}

}  // namespace event_consumer
