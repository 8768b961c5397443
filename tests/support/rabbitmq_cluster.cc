#include "tests/support/rabbitmq_cluster.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

using std::chrono::seconds;

const std::vector<std::string> kAddresses = {"127.0.0.11", "127.0.0.12", "127.0.0.13"};

void nft(const std::string& commands) {
  Command command;
  command.argv = {"nft", commands};
  command.environment["PATH"] += ":/usr/sbin:/sbin";
  const Finished finished = run(command, seconds(10));
  if (!finished.ok()) throw std::runtime_error("nft: " + finished.error_output);
}

}  // namespace

RabbitmqOptions RabbitmqCluster::options_of(std::size_t number, const RabbitmqServer* first) {
  RabbitmqOptions options;
  options.configuration = "cluster_partition_handling = pause_minority\n";
  options.node = ClusterNode{kAddresses[number], kAddresses, first};
  return options;
}

RabbitmqCluster::RabbitmqCluster()
    : nodes_{RabbitmqServer(options_of(0, nullptr)), RabbitmqServer(options_of(1, &nodes_[0])),
             RabbitmqServer(options_of(2, &nodes_[0]))} {
  for (RabbitmqServer& node : nodes_) node.wait_ready();
  wait_until_whole();
}

std::string RabbitmqCluster::urls(std::size_t first, std::size_t count, const std::string& vhost,
                                  const std::string& user, const std::string& password) const {
  std::string list;
  for (std::size_t i = 0; i < count; ++i)
    list += (i == 0 ? "" : ",") + nodes_[(first + i) % kNodes].url(vhost, user, password);
  return list;
}

std::size_t RabbitmqCluster::leader_of(const std::string& queue, std::size_t through,
                                       const std::string& vhost) const {
  const std::string name =
      nodes_[through].eval("amqqueue:qnode(" + RabbitmqServer::expression_of(queue, vhost) + ')');
  for (std::size_t number = 0; number < kNodes; ++number)
    if (name.find(nodes_[number].node_name()) != std::string::npos) return number;
  throw std::runtime_error("no node has " + queue + ": " + name);
}

void RabbitmqCluster::cut_off(std::size_t number) {
  std::string others;
  for (std::size_t i = 0; i < kNodes; ++i)
    if (i != number) others += (others.empty() ? "" : ", ") + kAddresses[i];
  const std::string& own = kAddresses[number];
  nft("add table ip cut\n"
      "add chain ip cut out { type filter hook output priority 0; }\n"
      "add rule ip cut out ip saddr " +
      own + " ip daddr { " + others +
      " } drop\n"
      "add rule ip cut out ip daddr " +
      own + " ip saddr { " + others + " } drop\n");
}

void RabbitmqCluster::heal() { nft("add table ip cut\ndelete table ip cut\n"); }

void RabbitmqCluster::ensure_whole() {
  heal();
  for (RabbitmqServer& node : nodes_) {
    node.resume();
    if (node.end_status()) node.launch();
  }
  for (RabbitmqServer& node : nodes_) node.wait_ready();
  wait_until_whole();
}

bool RabbitmqCluster::is_whole() const {
  try {
    return nodes_[0].eval(
               "[length(rpc:call(N, rabbit_nodes, all_running, [])) || N <- "
               "rabbit_nodes:all_running()]") == "[3,3,3]";
  } catch (const std::runtime_error&) {
    return false;
  }
}

void RabbitmqCluster::wait_until_whole() const {
  if (!wait_until([&] { return is_whole(); }, seconds(60)))
    throw std::runtime_error("the nodes are no cluster; " + tail_of_file(nodes_[0].log_file()));
}

}  // namespace event_consumer::testing
