#include "tests/demo/keep.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/demo/print.h"
#include "tests/support/shell.h"

namespace event_consumer::testing {

namespace {

constexpr char kStopLoop[] = R"sh(
# A pid may mean another program by now: ours work in this directory.
is_ours() {
  case "$(readlink "/proc/$1/cwd")" in "$directory"*) true ;; *) false ;; esac
}

for pid in $pids; do
  is_ours "$pid" || continue
  kill "$pid"
  tries=0
  while is_ours "$pid" && [ "$tries" -lt 400 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  if is_ours "$pid"; then kill -9 "$pid"; fi
done
rm -rf "$directory"
echo 'Stopped, and the directory is removed.'
)sh";

std::string stop_script(const Stage& stage) {
  std::string pids = std::to_string(stage.service_pid());
  for (const pid_t pid : stage.rabbitmq().pids()) pids += ' ' + std::to_string(pid);
  pids += ' ' + std::to_string(stage.clickhouse().pid());
  return "#!/bin/sh\n# Stops what the demonstration left running and removes this directory.\n"
         "directory=" +
         shell_quote(stage.directory()) + "\npids='" + pids + "'\n" + kStopLoop;
}

// As a reader types it in the current directory.
std::string relative(const std::string& path) { return std::filesystem::relative(path).string(); }

void print_line(const char* what, const std::string& how) {
  std::printf("  %-15s %s\n", what, how.c_str());
}

}  // namespace

void keep_running(Stage& stage) {
  const std::string stop = stage.directory() + "/stop";
  write_file(stop, stop_script(stage), 0755);
  stage.leave_running();
  print_heading("Everything is still running. To look around:");
  print_line("the rows", "clickhouse-client --host 127.0.0.1 --port " +
                             std::to_string(stage.clickhouse().tcp_port()) +
                             " --database url_shortener");
  print_line("the queues", relative(stage.rabbitmq().ctl_script()) + " list_queues");
  print_line("publish", "to " + stage.rabbitmq().url());
  print_line("service log", "tail -f " + relative(stage.service_log()));
  print_line("stop it all", relative(stop));
}

}  // namespace event_consumer::testing
