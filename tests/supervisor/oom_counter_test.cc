#include "supervisor/oom_counter.h"

#include <fstream>
#include <sstream>

#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("oom counter: reads its line of /proc/vmstat and no other", "[oom_counter]") {
  const std::string text = "nr_free_pages 12\noom_kill 7\noom_kill_other 9\n";
  CHECK(read_vmstat(text, "oom_kill") == 7);
  CHECK(read_vmstat(text, "oom_kil") == 0);
  CHECK(read_vmstat("", "oom_kill") == 0);
}

TEST_CASE("oom counter: this kernel counts them", "[oom_counter]") {
  std::ostringstream text;
  text << std::ifstream("/proc/vmstat").rdbuf();
  CHECK(text.str().find("\noom_kill ") != std::string::npos);
}

TEST_CASE("oom counter: without a kill nothing has risen", "[oom_counter]") {
  OomCounter counter;
  CHECK_FALSE(counter.has_risen());
}

}  // namespace event_consumer
