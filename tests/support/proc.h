// What /proc tells of other processes. A look at one moment: the process may be gone the next.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace event_consumer::testing {

// The pids of the direct children of `parent`, zombies left out, in ascending order.
std::vector<pid_t> child_pids(pid_t parent);

// True when the process exists and is not a zombie.
bool is_alive(pid_t pid);

// The arguments of the process with a NUL after each, empty when it does not exist.
std::string command_line(pid_t pid);

// The value of the line «NAME:…» in /proc/PID/status, without spaces before it; empty if none.
std::string proc_status(pid_t pid, const std::string& name);

// The resident memory of the process in bytes, 0 when it does not exist.
std::uint64_t rss_bytes(pid_t pid);

// What of it is the process's own, of no file and not shared: likewise.
std::uint64_t private_bytes(pid_t pid);

// How many descriptors the process has open, 0 when it does not exist.
std::size_t descriptor_count(pid_t pid);

// How often the process has gone to sleep by itself, all its threads together.
std::uint64_t voluntary_switches(pid_t pid);

// The pids of the direct children of `parent` that have ended and were not reaped.
std::vector<pid_t> zombie_pids(pid_t parent);

// The processor time, user and system, that the process has used, without that of its children;
// 0 when it does not exist.
double cpu_seconds(pid_t pid);

// Which of these processes has the end of a TCP connection over IPv4 that has this port.
std::optional<pid_t> owner_of_port(const std::vector<pid_t>& pids, int port);

}  // namespace event_consumer::testing
