// The pictures of README.md, from a real run: `make pictures` runs this. An instance works for
// MINUTES (15) on private servers, with more events and with fewer, messages that are no events,
// and a ClickHouse that is away for a while. Then the page at «/» and what `status --watch` shows
// go into the directory that the command line names, as page.png and watch.svg.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/terminal.h"
#include "tests/support/browser.h"
#include "tests/support/click_events.h"
#include "tests/support/feeder.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr unsigned kEventsPerSecond[] = {400, 900, 1300, 700};
constexpr int kColumns = 80;
constexpr int kRows = 32;

// Half a minute with a steady rate of events.
void feed(const TestTopology& topology, const ClickEvents& events, unsigned events_per_second) {
  Feeder feeder(topology, events, events_per_second);
  std::this_thread::sleep_for(seconds(30));
}

void publish_bad_messages(const TestTopology& topology) {
  AmqpClient client(rabbitmq().url());
  for (int i = 0; i < 3; ++i)
    client.publish(topology.exchange(), topology.queue(), R"({"short_code":null})");
  client.publish(topology.exchange(), topology.queue(), "not JSON");
}

void take_clickhouse_away() {
  clickhouse().pause();
  std::this_thread::sleep_for(seconds(20));
  clickhouse().resume();
}

// `status --watch` in a terminal, with all that it writes in a file.
Command watch(const Environment& environment, const std::string& file) {
  Command command;
  command.environment = environment;
  command.output_file = file;
  command.argv = {"script", "--quiet", "--command",
                  "stty columns " + std::to_string(kColumns) + " rows " + std::to_string(kRows) +
                      "; exec " + program_directory() + "/event-consumer status --watch",
                  "/dev/null"};
  return command;
}

// The lines that stand on the screen after all that.
std::vector<std::string> last_screen(const std::string& written) {
  const std::size_t end = written.rfind("\x1b[J");
  const std::size_t begin = written.rfind("\x1b[H", end);
  if (end == std::string::npos || begin == std::string::npos)
    throw std::runtime_error("status --watch has drawn nothing: " + written);
  std::vector<std::string> lines;
  std::istringstream screen(written.substr(begin + 3, end - begin - 3));
  for (std::string line; std::getline(screen, line);)
    lines.push_back(line.substr(0, line.find("\x1b[K")));
  return lines;
}

// As text of XML in which blanks stay.
std::string escaped(const std::string& text) {
  std::string markup;
  for (const char byte : text) {
    if (byte == '&')
      markup += "&amp;";
    else if (byte == '<')
      markup += "&lt;";
    else if (byte == ' ')
      markup += "&#160;";
    else
      markup += byte;
  }
  return markup;
}

// A drawing of them (SVG). Each character has its place, whatever font there is.
std::string drawing(const std::vector<std::string>& lines) {
  constexpr double kWidth = 8.4;
  constexpr int kHeight = 17;
  std::ostringstream svg;
  svg << R"(<svg xmlns="http://www.w3.org/2000/svg" width=")" << kColumns * kWidth + 24
      << R"(" height=")" << lines.size() * kHeight + 24
      << R"(" font-family="Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" )"
         R"(fill="#d6d6d6"><rect width="100%" height="100%" rx="6" )"
         R"(fill="#1b1b1f"/>)"
      << "\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    svg << "<text x=\"12\" y=\"" << 25 + i * kHeight << "\" textLength=\""
        << kWidth * static_cast<double>(width_of(lines[i])) << "\">" << escaped(lines[i])
        << "</text>\n";
  }
  svg << "</svg>\n";
  return svg.str();
}

void take_pictures(const std::string& directory, int minutes) {
  TestTopology topology("plant");
  topology.declare_topology();
  Environment environment = topology.environment();
  const int port = serve_status(environment);
  const ClickEvents events;
  Service service(environment);
  if (!service.wait_consuming(2))
    throw std::runtime_error("it does not consume:\n" + service.log());
  const PrivateDirectory scratch("pictures");
  const ChildProcess watching(watch(environment, scratch.path() + "/watch"));
  for (int i = 0; i < 2 * minutes; ++i) {
    if (i == minutes) take_clickhouse_away();
    if (i % 8 == 3) publish_bad_messages(topology);
    feed(topology, events, kEventsPerSecond[i % std::size(kEventsPerSecond)]);
  }
  Feeder feeder(topology, events, 1000);
  Browser browser;
  browser.look({1000, /*is_dark=*/false});
  browser.open("http://127.0.0.1:" + std::to_string(port) + "/");
  std::this_thread::sleep_for(seconds(12));
  setenv("SCREENSHOTS", directory.c_str(), 1);
  browser.screenshot("page");
  write_file(directory + "/watch.svg", drawing(last_screen(read_file(scratch.path() + "/watch"))));
}

}  // namespace
}  // namespace event_consumer::testing

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: pictures DIRECTORY MINUTES");
    event_consumer::testing::take_pictures(argv[1], std::atoi(argv[2]));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pictures: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
