#include "tests/cluster/fault_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/files.h"
#include "tests/support/versions.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

using std::chrono::seconds;

constexpr std::uint64_t kDefaultEvents = 20'000;
// The load alone takes so long, or longer where that would be more than the brokers can bear while
// they recover.
constexpr std::uint64_t kLoadSeconds = 10;
constexpr std::uint64_t kMostEventsPerSecond = 5'000;

std::uint64_t wanted_events() {
  const char* text = std::getenv("EVENTS");
  return text == nullptr ? kDefaultEvents : std::stoull(text);
}

// Good as the name of a queue and of a database, and another one for each run.
std::string make_name() {
  static int number = 0;
  return "fault_" + std::to_string(++number);
}

// The message of a line of the log that warns; empty for others. Counts are «N»: they differ from
// worker to worker.
std::string warning_of(const std::string& line) {
  static const std::regex warning(R"(^\S+ (?:warning|error|critical) +\S.*?\[\d+\] (.*))");
  static const std::regex count(R"(\b\d+(?= (?:events|messages)\b))");
  std::smatch parts;
  if (!std::regex_search(line, parts, warning)) return "";
  return std::regex_replace(parts[1].str(), count, "N");
}

}  // namespace

RabbitmqCluster& cluster() {
  static RabbitmqCluster cluster;
  return cluster;
}

const char* name_of(QueueKind kind) {
  switch (kind) {
    case QueueKind::kClassic:
      return "classic";
    case QueueKind::kMirrored:
      return "mirrored";
    case QueueKind::kQuorum:
      return "quorum";
  }
  return "";
}

std::vector<QueueKind> queue_kinds() {
  if (is_at_least(cluster().node(0).version(), "4"))
    return {QueueKind::kClassic, QueueKind::kQuorum};
  return {QueueKind::kClassic, QueueKind::kMirrored, QueueKind::kQuorum};
}

bool wait_for(Duration time) {
  const TimePoint begin = Clock::now();
  return wait_until([&] { return Clock::now() - begin > time; }, time + seconds(5));
}

void clean_up(const std::function<void()>& what) {
  try {
    what();
  } catch (const std::exception&) {
  }
}

FaultRun::FaultRun(const std::string& fault, QueueKind kind, const FaultOptions& options)
    : kind_(kind), name_(make_name()), vhost_(options.vhost), store_(options.store) {
  row_.fault = fault;
  row_.queue = name_of(kind);
  if (store_.create_table) store_.create_table(name_);
  cluster().ensure_whole();
  declare(options);
  start_services(options);
  std::vector<std::string> urls;
  for (std::size_t node = 0; node < RabbitmqCluster::kNodes; ++node)
    urls.push_back(cluster().node(node).url(vhost_));
  const auto rate =
      static_cast<unsigned>(std::min(wanted_events() / kLoadSeconds, kMostEventsPerSecond));
  // A quorum queue syncs its log before it confirms.
  load_.emplace(urls, name_, SteadyLoad{rate, std::max(100U, rate / 10)});
  const auto moves = [&] { return stored_from(0) >= wanted_events() / 20; };
  if (!wait_until(moves, seconds(60)))
    throw std::runtime_error("no events move:\n" + services_[0]->log());
  from_now_ = log_sizes();
}

FaultRun::~FaultRun() {
  clean_up([&] {
    load_->stop();
    cluster().ensure_whole();
    AmqpClient client(cluster().node(0).url(vhost_));
    for (const auto& queue : {name_, dead_letter_queue()})
      if (client.queue_exists(queue)) client.delete_queue(queue);
    if (kind_ == QueueKind::kMirrored) cluster().node(0).ctl({"clear_policy", name_});
    for (ClickhouseServer* host : store_.hosts) {
      host->resume();
      if (host->end_status()) host->start();
      host->query("DROP DATABASE IF EXISTS " + name_);
    }
  });
}

void FaultRun::declare(const FaultOptions& options) {
  if (kind_ == QueueKind::kMirrored)
    cluster().node(0).ctl({"-p", vhost_, "set_policy", "--apply-to", "queues", name_,
                           '^' + name_ + '$', R"({"ha-mode":"all","ha-sync-mode":"automatic"})"});
  QueueArguments arguments = options.arguments;
  if (kind_ == QueueKind::kQuorum) arguments["x-queue-type"] = "quorum";
  AmqpClient(cluster().node(kHome).url(vhost_)).declare_queue(name_, arguments);
}

void FaultRun::start_services(const FaultOptions& options) {
  Environment environment = base_environment();
  environment["RABBITMQ_QUEUE"] = name_;
  environment["RABBITMQ_EXCHANGE"] = name_;
  std::string& hosts = environment["CLICKHOUSE_HOST"];
  for (const ClickhouseServer* host : store_.hosts)
    hosts += (hosts.empty() ? "" : ",") + host->address();
  environment["CLICKHOUSE_DATABASE"] = name_;
  environment["EVENT_CONSUMER_STATUS_ADDRESS"] = "off";
  environment["EVENT_CONSUMER_WORKERS"] = std::to_string(kWorkers);
  for (const auto& [variable, text] : options.environment) environment[variable] = text;
  for (std::size_t instance = 0; instance < kInstances; ++instance) {
    environment["RABBITMQ_URL"] =
        cluster().urls(instance, RabbitmqCluster::kNodes, vhost_, options.user, options.password);
    services_.push_back(std::make_unique<Service>(environment));
  }
  // A single active consumer is the first one's.
  if (!services_[0]->wait_consuming(kWorkers))
    throw std::runtime_error("the service does not start:\n" + services_[0]->log());
}

std::vector<std::size_t> FaultRun::log_sizes() const {
  std::vector<std::size_t> sizes;
  for (const auto& service : services_) sizes.push_back(service ? service->log().size() : 0);
  return sizes;
}

std::string FaultRun::log_since_fault() const {
  std::string text;
  for (std::size_t i = 0; i < services_.size(); ++i)
    if (services_[i]) text += services_[i]->log().substr(from_now_[i]);
  return text;
}

bool FaultRun::wait_for_log(const std::string& text, std::size_t times, Duration timeout) {
  return wait_until([&] { return count_occurrences(log_since_fault(), text) >= times; }, timeout);
}

std::string FaultRun::query(const ClickhouseServer& host, const std::string& what) const {
  return host.query("SELECT " + what + " FROM merge('" + name_ + "', '^click_events')");
}

std::uint64_t FaultRun::stored_from(std::uint64_t id) const {
  const auto host = std::find_if(store_.hosts.begin(), store_.hosts.end(),
                                 [](const ClickhouseServer* each) { return each->answers(); });
  if (host == store_.hosts.end()) throw std::runtime_error("no ClickHouse answers");
  return std::stoull(query(**host, fmt::format("countIf({} >= {})", kEventIdSql, id)));
}

bool FaultRun::has_all(const ClickhouseServer& host, std::uint64_t confirmed) const {
  return std::stoull(query(host, fmt::format("uniqExact({})", kEventIdSql))) >= confirmed;
}

bool FaultRun::recovers(Duration timeout) {
  const std::uint64_t next = load_->next_id();
  const TimePoint begin = Clock::now();
  const bool recovered = wait_until([&] { return stored_from(next) > 0; }, timeout);
  row_.seconds =
      std::max(row_.seconds, std::chrono::duration<double>(Clock::now() - begin).count());
  return recovered;
}

bool FaultRun::drains(Duration timeout) {
  const auto wanted = load_->confirmed();
  const auto has_wanted = [&](const ClickhouseServer* host) { return has_all(*host, wanted); };
  return wait_until(
      [&] { return std::all_of(store_.hosts.begin(), store_.hosts.end(), has_wanted); }, timeout);
}

bool FaultRun::load_stalls(Duration timeout) {
  constexpr seconds kStill{3};
  std::uint64_t confirmed = load_->confirmed();
  TimePoint since = Clock::now();
  return wait_until(
      [&] {
        if (load_->confirmed() != confirmed) since = Clock::now();
        confirmed = load_->confirmed();
        return Clock::now() - since > kStill;
      },
      timeout);
}

std::set<std::uint64_t> FaultRun::take_dead_letters() const {
  std::set<std::uint64_t> ids;
  AmqpClient client(cluster().node(0).url(vhost_));
  if (!client.queue_exists(dead_letter_queue())) return ids;
  while (const auto letter = client.get(dead_letter_queue())) {
    const auto at = letter->body.rfind("id=");
    ids.insert(std::stoull(letter->body.substr(at + 3)));
  }
  return ids;
}

void FaultRun::count(const ClickhouseServer& host, const std::vector<std::uint64_t>& confirmed,
                     const std::set<std::uint64_t>& dead) {
  std::set<std::uint64_t> stored;
  std::uint64_t doubled = 0;
  std::istringstream ids(query(host, kEventIdSql));
  for (std::uint64_t id = 0; ids >> id;)
    if (!stored.insert(id).second) ++doubled;
  std::uint64_t lost = 0;
  for (const std::uint64_t id : confirmed)
    if (stored.count(id) + dead.count(id) == 0) ++lost;
  row_.doubled = std::max(row_.doubled, doubled);
  row_.lost = std::max(row_.lost, lost);
}

void FaultRun::finish(bool expects_dead) {
  // Small batches take their time where a server is busy.
  const seconds patience(120 + wanted_events() / 1000);
  CHECK(wait_until([&] { return load_->confirmed() >= wanted_events(); }, patience));
  load_->stop();
  const auto confirmed = load_->confirmed_ids();
  // The dead-lettered ones are taken at the end only.
  const bool drained = drains(expects_dead ? seconds(20) : patience);
  CHECK((drained || expects_dead));
  const std::string log = log_since_fault();
  for (const auto& service : services_) CHECK((!service || service->stop() == 0));
  cluster().ensure_whole();

  const auto dead = take_dead_letters();
  row_.events = confirmed.size();
  row_.dead_lettered = dead.size();
  for (const ClickhouseServer* host : store_.hosts) count(*host, confirmed, dead);
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const std::string text = warning_of(line);
    if (!text.empty() && std::find(row_.log.begin(), row_.log.end(), text) == row_.log.end())
      row_.log.push_back(text);
  }
  add_to_fault_table(row_);
  INFO(log);
  CHECK(row_.lost == 0);
  CHECK((row_.dead_lettered == 0 || expects_dead));
}

}  // namespace event_consumer::testing
