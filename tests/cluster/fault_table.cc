#include "tests/cluster/fault_table.h"

#include <spdlog/fmt/fmt.h>

#include <iostream>

#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

void add_to_fault_table(const FaultRow& row) {
  static std::string table;
  std::string text;
  if (table.empty())
    text = fmt::format("{:<48} {:<9} {:>7} {:>5} {:>8} {:>5} {:>8}\n", "fault", "queue", "events",
                       "lost", "doubled", "dead", "seconds");
  text += fmt::format("{:<48} {:<9} {:>7} {:>5} {:>8} {:>5} {:>8.1f}\n", row.fault, row.queue,
                      row.events, row.lost, row.doubled, row.dead_lettered, row.seconds);
  for (const std::string& line : row.log) text += "    " + line + '\n';
  std::cout << text << std::flush;
  table += text;
  write_file(program_directory() + "/faults.txt", table);
}

}  // namespace event_consumer::testing
