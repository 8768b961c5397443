// StateDisk: a small disk for the state directory, that can be filled and made read-only. Nobody
// sees it but this program and what it starts.
#pragma once

#include <string>

namespace event_consumer::testing {

// From now on this thread has mounts of its own. Before any other thread begins; false: the system
// does not permit it.
bool enter_own_mounts();

class StateDisk {
 public:
  // Mounts it at that directory, which must exist, where mounts are our own. Throws
  // std::runtime_error.
  explicit StateDisk(std::string directory);
  ~StateDisk();
  StateDisk(const StateDisk&) = delete;
  StateDisk& operator=(const StateDisk&) = delete;

  // Until there is no room left; and until there is again.
  void fill() const;
  void make_room() const;
  // For whoever opens a file from now on.
  void set_read_only(bool is_read_only) const;

 private:
  std::string filler() const { return directory_ + "/filler"; }

  std::string directory_;
};

}  // namespace event_consumer::testing
