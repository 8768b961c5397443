#include "tests/support/events_manual.h"

#include <regex>
#include <sstream>
#include <stdexcept>

#include "common/text.h"
#include "tests/support/files.h"

namespace event_consumer::testing {
namespace {

constexpr char kPage[] = "man/event-consumer-events.7";

// The text of a line of mdoc in which the page escapes nothing but these.
std::string unescaped(const std::string& line) {
  return std::regex_replace(std::regex_replace(line, std::regex(R"(\\\(aq)"), "'"),
                            std::regex(R"(\\e)"), "\\");
}

std::vector<std::string> fields_of(const std::string& line) {
  static const std::regex gap("  +");
  return {std::sregex_token_iterator(line.begin(), line.end(), gap, -1),
          std::sregex_token_iterator()};
}

// The blocks of the section EXAMPLE: a table, a message, and a row with the names of its columns.
CorpusPart example_of(const std::vector<std::vector<std::string>>& blocks) {
  if (blocks.size() != 3) throw std::runtime_error("EXAMPLE has a table, a message and a row");
  CorpusPart part;
  part.kind = "manual";
  for (const std::string& line : blocks[0]) part.create_table += line + "\n";
  std::string message, row;
  for (const std::string& line : blocks[1]) message += line + "\n";
  for (const std::string& line : blocks[2])
    row += (row.empty() ? "" : "\t") + fields_of(line).at(1);
  part.messages = {message};
  part.rows = {row};
  return part;
}

ManualExample example_of(const std::string& line) {
  const auto fields = fields_of(line);
  if (fields.size() == 3) return {fields[0], fields[1], "", fields[2]};
  if (fields.size() == 4) return {fields[0], fields[1], fields[2], fields[3]};
  throw std::runtime_error(std::string(kPage) + ": no example: " + line);
}

// Reads the page line by line.
class Reader {
 public:
  void read(const std::string& line) {
    if (line == ".Ed") {
      is_in_block_ = false;
    } else if (is_in_block_) {
      add_to_block(unescaped(line));
    } else if (starts_with(line, ".Bd ")) {
      is_in_block_ = true;
      end_difference();
      if (is_in_example()) blocks_.emplace_back();
      if (is_in_moving()) manual_.moving.emplace_back();
    } else if (starts_with(line, ".Sh ")) {
      end_difference();
      section_ = line.substr(4);
    } else if (starts_with(line, ".It") || starts_with(line, ".El")) {
      end_difference();
    } else if (starts_with(section_, "WHERE IT DIFFERS") && line[0] != '.') {
      difference_ += (difference_.empty() ? "" : " ") + unescaped(line);
    }
  }

  EventsManual manual() {
    manual_.example = example_of(blocks_);
    for (const std::string& line : examples_) manual_.examples.push_back(example_of(line));
    return manual_;
  }

 private:
  bool is_in_example() const { return section_ == "EXAMPLE"; }
  bool is_in_moving() const { return section_ == "MOVING HERE"; }

  void add_to_block(const std::string& line) {
    if (is_in_example())
      blocks_.back().push_back(line);
    else if (is_in_moving())
      manual_.moving.back() += line + "\n";
    else
      add_example(line);
  }

  // A line that begins with spaces goes on with the one before.
  void add_example(const std::string& line) {
    if (starts_with(line, "  ") && !examples_.empty())
      examples_.back() += line;
    else
      examples_.push_back(line);
  }

  void end_difference() {
    if (!difference_.empty() && difference_.back() == ':') difference_.pop_back();
    if (!difference_.empty()) manual_.differences.push_back(difference_);
    difference_.clear();
  }

  EventsManual manual_;
  std::string section_;
  bool is_in_block_ = false;
  std::vector<std::string> examples_;
  std::string difference_;
  std::vector<std::vector<std::string>> blocks_;
};

}  // namespace

EventsManual read_events_manual() {
  Reader reader;
  std::istringstream page(read_file(kPage));
  for (std::string line; std::getline(page, line);) reader.read(line);
  return reader.manual();
}

}  // namespace event_consumer::testing
