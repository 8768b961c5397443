#include "supervisor/status_child.h"

#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>

#include <utility>

#include "common/log.h"
#include "common/option_table.h"
#include "common/text.h"
#include "supervisor/format.h"
#include "supervisor/listen.h"

namespace event_consumer {

namespace {

// Without what it has no use for: whoever breaks into a server of HTTP finds no password there.
std::vector<std::string> without_passwords(const std::vector<std::string>& environment) {
  std::vector<std::string> kept;
  for (const std::string& entry : environment) {
    const std::string name = entry.substr(0, entry.find('='));
    if (ends_with(name, "_PASSWORD_FILE")) continue;
    if (const OptionRow* row = find_option(name)) {
      const std::string text = entry.substr(name.size() + 1);
      kept.push_back(row->shown == nullptr ? entry : name + "=" + row->shown(text));
    } else if (!starts_with(name, "RABBITMQ_") && !starts_with(name, "CLICKHOUSE_")) {
      kept.push_back(entry);
    }
  }
  return kept;
}

}  // namespace

Result<Done> StatusChild::serve(const HostPort& address,
                                const std::vector<std::string>& environment, TimePoint now) {
  auto listening = listen_on(address);
  if (!listening) return listening.error();
  listen_fd_ = std::move(*listening);
  address_ = address;
  renew(environment, now);
  return Done{};
}

void StatusChild::reload(const std::optional<HostPort>& address,
                         const std::vector<std::string>& environment, TimePoint now) {
  if (!address) return stop();
  if (address_ == address) return renew(environment, now);
  // Our own socket on 127.0.0.1 is in the way of one on all addresses, as long as it listens; its
  // process has it, too.
  const bool gives_way = address_ && address_->port == address->port;
  if (gives_way) shutdown(listen_fd_.get(), SHUT_RD);
  const auto done = serve(*address, environment, now);
  if (done) return;
  if (gives_way) listen(listen_fd_.get(), SOMAXCONN);
  log::error("{}: the status {}", done.error().message,
             address_ ? "stays where it was" : "is not served");
  renew(environment, now);
}

void StatusChild::renew(const std::vector<std::string>& environment, TimePoint now) {
  if (!listen_fd_) return;
  environment_ = without_passwords(environment);
  if (pid_ == 0) {
    start_at_ = now;
    return;
  }
  end_process();
}

void StatusChild::act(TimePoint now) {
  if (!start_at_ || now < *start_at_) return;
  start_at_.reset();
  // This very program, also when its file was replaced by another version.
  Result<pid_t> pid =
      start_child({"/proc/self/exe",
                   {"--serve-status", fmt::format("--listen-fd={}", listen_fd_.get()),
                    fmt::format("--scoreboard-fd={}", scoreboard_fd_)},
                   environment_,
                   {listen_fd_.get(), scoreboard_fd_},
                   signal_mask_,
                   "event-consumer"});
  if (!pid) {
    const Duration delay = restarts_.delay_after(Blame::kInternal, std::nullopt, true);
    if (restarts_.is_news())
      log::error("cannot start the status server: {}; tried again in {:.1f} s", pid.error().message,
                 in_seconds(delay));
    start_at_ = now + delay;
    return;
  }
  pid_ = *pid;
  started_at_ = now;
  asked_to_end_ = false;
}

bool StatusChild::ended(const EndedChild& child, TimePoint now) {
  if (pid_ == 0 || child.pid != pid_) return false;
  pid_ = 0;
  if (std::exchange(asked_to_end_, false)) {
    if (listen_fd_) start_at_ = now;
    return true;
  }
  const Duration delay = restarts_.delay_after(Blame::kInternal, now - started_at_, true);
  // It ends with 0 when somebody has asked it to: at a stop systemd asks every process.
  const bool was_asked = child.death.kind == Death::Kind::kExited && child.death.number == 0;
  if (restarts_.is_news())
    log::log(
        was_asked ? log::Level::info : log::Level::warn,
        "the status server (process {}) {}; the workers are not concerned, restart in {:.1f} s",
        child.pid, format(child.death), in_seconds(delay));
  start_at_ = now + delay;
  return true;
}

void StatusChild::stop() {
  listen_fd_.reset();
  address_.reset();
  start_at_.reset();
  if (pid_ != 0) end_process();
}

// It has nothing to finish, and one that stands still hears nothing else.
void StatusChild::end_process() {
  asked_to_end_ = true;
  kill(pid_, SIGKILL);
}

}  // namespace event_consumer
