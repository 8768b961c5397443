#include "tests/cluster/fault_table.h"

#include <spdlog/fmt/fmt.h>

#include <iostream>

#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

FaultTable& fault_table() {
  static FaultTable table;
  return table;
}

void FaultTable::add(const FaultRow& row) { rows_.push_back(row); }

FaultTable::~FaultTable() {
  if (rows_.empty()) return;
  std::string text = fmt::format("{:<48} {:<9} {:>7} {:>5} {:>8} {:>5} {:>8}\n", "fault", "queue",
                                 "events", "lost", "doubled", "dead", "seconds");
  for (const FaultRow& row : rows_) {
    text += fmt::format("{:<48} {:<9} {:>7} {:>5} {:>8} {:>5} {:>8.1f}\n", row.fault, row.queue,
                        row.events, row.lost, row.doubled, row.dead_lettered, row.seconds);
    for (const std::string& line : row.log) text += "    " + line + '\n';
  }
  std::cout << text << std::flush;
  try {
    write_file(program_directory() + "/faults.txt", text);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
}

}  // namespace event_consumer::testing
