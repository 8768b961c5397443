#include "tests/support/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "common/unique_fd.h"

namespace event_consumer::testing {

namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw std::runtime_error(what + ' ' + path + ": " + std::strerror(errno));
}

const char* run_directory() { return std::getenv("TEST_RUN_DIRECTORY"); }

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read", path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& content, unsigned mode) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!file) fail("cannot create", path);
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t count = write(file.get(), content.data() + written, content.size() - written);
    if (count < 0) fail("cannot write", path);
    written += static_cast<std::size_t>(count);
  }
}

void append_line(const std::string& path, const std::string& line) {
  std::ofstream(path, std::ios::app) << line << '\n';
}

std::string tail_of_file(const std::string& path, std::size_t max_lines) {
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > max_lines) lines.pop_front();
  }
  if (lines.empty()) return "(nothing in " + path + ")";
  std::string text = "the end of " + path + ":";
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

void make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw std::runtime_error("cannot create " + path + ": " + error.message());
}

PrivateDirectory::PrivateDirectory(const std::string& name) {
  static std::atomic<int> number{0};
  const char* run = run_directory();
  path_ = std::filesystem::absolute(run ? run : "build/run").string() + '/' + name + '-' +
          std::to_string(getpid()) + '-' + std::to_string(++number);
  // What an earlier process of the same pid left behind must not be mistaken for ours.
  std::filesystem::remove_all(path_);
  make_directories(path_);
}

PrivateDirectory::~PrivateDirectory() {
  if (keep_) return;
  std::error_code ignored;
  if (run_directory() == nullptr) {
    std::filesystem::remove_all(path_, ignored);
    return;
  }
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored)) {
    const std::string name = entry.path().filename();
    if (name.size() < 3 || name.substr(name.size() - 3) != "log")
      std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace event_consumer::testing
