// Encodes the events on standard input, one a line, for a table of the columns `id UInt32` and `v`
// of the type that is the only argument. Writes the rows to standard output and, for each event
// that is rejected, `number of the line, tab, reason` to standard error. Half of the differential
// test.
#include <cstdio>
#include <iostream>
#include <string>

#include "worker/encode/row_encoder.h"

using namespace event_consumer;

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  auto type = parse_column_type(argv[1]);
  if (!type) {
    std::cerr << type.error().message << '\n';
    return 64;
  }
  auto encoder = RowEncoder::create({{"id", *parse_column_type("UInt32")}, {"v", *type}}, {"id"});
  if (!encoder) return 70;
  std::ios::sync_with_stdio(false);
  RowBuffer rows;
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    const auto rejection = encoder->encode(line, rows);
    if (rejection) std::cerr << number << '\t' << slug(rejection->reason) << '\n';
  }
  std::cout << rows.view();
  return 0;
}
