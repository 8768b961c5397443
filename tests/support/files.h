// Whole files in one call, and PrivateDirectory: a directory that lives as long as its object.
// All of it throws std::runtime_error with the path and the system's reason when it fails.
#pragma once

#include <cstddef>
#include <string>

namespace event_consumer::testing {

std::string read_file(const std::string& path);

// Creates the file, or replaces its content. `mode` holds the permission bits, cut by the umask.
void write_file(const std::string& path, const std::string& content, unsigned mode = 0644);

// Appends to the file, or creates it; what fails then is not told.
void append_line(const std::string& path, const std::string& line);

// The last `max_lines` lines of a log, for the message of a failure; a sentence when there is none.
std::string tail_of_file(const std::string& path, std::size_t max_lines = 30);

// Creates the directory and those above it.
void make_directories(const std::string& path);

// A fresh directory <name>-<pid>-<n> in the directory named by TEST_RUN_DIRECTORY, else in
// build/run below the current directory.
class PrivateDirectory {
 public:
  explicit PrivateDirectory(const std::string& name);
  // Removes the directory with all that is in it, unless keep() was called. In that of
  // TEST_RUN_DIRECTORY stay the logs: what has a name that ends in «log».
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  // The absolute path, without a slash at its end.
  const std::string& path() const { return path_; }

  // The destructor leaves the directory where it is.
  void keep() { keep_ = true; }

 private:
  std::string path_;
  bool keep_ = false;
};

}  // namespace event_consumer::testing
