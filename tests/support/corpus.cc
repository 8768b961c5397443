#include "tests/support/corpus.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "common/text.h"
#include "tests/support/amqp_client.h"
#include "tests/support/best_effort_dates.h"
#include "tests/support/files.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

constexpr char kCorpus[] = "tests/corpus/";
constexpr char kRejected[] = "rejected ";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The file of that name for the server, else the one for all.
std::string read_for(CorpusFor server, const std::string& directory, const std::string& name,
                     const std::string& ending) {
  const std::string old = directory + name + "-18.16" + ending;
  const bool is_old = server == CorpusFor::k18 && std::filesystem::exists(old);
  return read_file(is_old ? old : directory + name + ending);
}

CorpusPart read_part(CorpusFor server, const std::string& kind) {
  const std::string directory = kCorpus + kind + "/";
  CorpusPart part;
  part.kind = kind;
  part.create_table = read_for(server, directory, "table", ".sql");
  part.messages = lines_of(read_file(directory + "messages.ndjson"));
  part.rows = lines_of(read_for(server, directory, "rows", ".tsv"));
  if (part.rows.size() != part.messages.size())
    throw std::runtime_error(directory + ": as many rows as messages are needed");
  if (!std::filesystem::exists(directory + "differs.tsv")) return part;
  for (const std::string& line : lines_of(read_file(directory + "differs.tsv"))) {
    const auto tab = line.find('\t');
    part.differs[std::stoul(line.substr(0, tab)) - 1] = line.substr(tab + 1);
  }
  return part;
}

// Tables and dead-letter queues keep no order.
std::vector<std::string> without_order(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

// What is in one and not in the other, each line with its sign.
std::vector<std::string> differences(const std::vector<std::string>& expected,
                                     const std::vector<std::string>& found) {
  const auto a = without_order(expected);
  const auto b = without_order(found);
  std::vector<std::string> only_a, only_b, all;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only_a));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(only_b));
  for (const std::string& line : only_a) all.push_back("- " + line);
  for (const std::string& line : only_b) all.push_back("+ " + line);
  return all;
}

// A database with the part's table in it, named as the service expects it.
void create_table(const CorpusPart& part, const TestTopology& topology,
                  const ClickhouseEndpoint& clickhouse) {
  std::string sql = part.create_table;
  const std::string name = "CREATE TABLE events";
  if (!starts_with(sql, name)) throw std::runtime_error(part.kind + ": it is no " + name);
  sql.replace(0, name.size(), "CREATE TABLE " + topology.table());
  clickhouse.query("CREATE DATABASE " + topology.database());
  clickhouse.query(sql);
}

std::vector<std::string> stored_rows(const TestTopology& topology,
                                     const ClickhouseEndpoint& clickhouse) {
  return lines_of(clickhouse.query("SELECT * FROM " + topology.table()));
}

// Takes the dead letters out of their queue.
std::vector<std::string> rejected_rows(AmqpClient& client, const TestTopology& topology) {
  std::vector<std::string> rows;
  while (const auto letter = client.get(topology.dead_letter_queue()))
    rows.push_back(kRejected + letter->properties.headers.at("x-event-consumer-reason"));
  return rows;
}

}  // namespace

std::vector<CorpusPart> read_corpus(CorpusFor server) {
  std::vector<std::string> kinds;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus))
    if (entry.is_directory()) kinds.push_back(entry.path().filename());
  std::vector<CorpusPart> parts;
  for (const std::string& kind : without_order(kinds)) parts.push_back(read_part(server, kind));
  return parts;
}

std::vector<std::string> drain(const CorpusPart& part, const ClickhouseEndpoint& clickhouse) {
  TestTopology topology("corpus_" + part.kind, clickhouse);
  topology.declare_topology();
  create_table(part, topology, clickhouse);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, part.messages.size(),
                    [&](std::uint64_t i) { return part.messages[i]; });
  Environment environment = without_required(topology);
  environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.1";
  Service service(environment);
  const auto is_done = [&] {
    const std::string queue = topology.dead_letter_queue();
    const auto dead = client.queue_exists(queue) ? client.message_count(queue) : 0;
    return topology.rows() + dead >= part.messages.size();
  };
  wait_until(is_done, std::chrono::seconds(20));
  service.stop();
  auto found = stored_rows(topology, clickhouse);
  for (const std::string& row : rejected_rows(client, topology)) found.push_back(row);
  auto wrong = differences(part.rows, found);
  if (found.size() != part.messages.size()) wrong.push_back(service.log());
  return wrong;
}

std::vector<std::string> insert_as_json(const CorpusPart& part,
                                        const ClickhouseEndpoint& clickhouse) {
  TestTopology topology("json_" + part.kind, clickhouse);
  create_table(part, topology, clickhouse);
  const BestEffortDates best_effort(clickhouse);
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i < part.messages.size(); ++i) {
    const bool is_rejected = starts_with(part.rows[i], kRejected);
    std::vector<std::string> found;
    try {
      clickhouse.insert("INSERT INTO " + topology.table() + " FORMAT JSONEachRow",
                        part.messages[i]);
      found = stored_rows(topology, clickhouse);
    } catch (const std::runtime_error& refused) {
      found = {is_rejected ? part.rows[i] : refused.what()};
    }
    clickhouse.query("TRUNCATE TABLE " + topology.table());
    const auto differ = differences({part.rows[i]}, found);
    if (part.differs.count(i) == 0) wrong.insert(wrong.end(), differ.begin(), differ.end());
    if (part.differs.count(i) != 0 && differ.empty())
      wrong.push_back(part.kind + ", message " + std::to_string(i + 1) + ": does not differ");
  }
  return wrong;
}

}  // namespace event_consumer::testing
