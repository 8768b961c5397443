#include "supervisor/status/page.h"

#include <regex>
#include <set>

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("page: all of it is small") {
  std::size_t bytes = 0;
  for (const auto& [path, page] : page_files()) bytes += page().content.size();
  CHECK(bytes < 50'000);
}

TEST_CASE("page: refers to nothing but what is served here") {
  std::set<std::string> paths = {"/livez", "/readyz", "/metrics", "/status", "/history"};
  Pages pages = page_files();
  for (const auto& page : pages) paths.insert(page.first);
  const std::string html = pages.at("/")().content;
  const std::regex reference("(href|src)=\"([^\"]*)\"");
  std::size_t count = 0;
  for (std::sregex_iterator at(html.begin(), html.end(), reference), end; at != end; ++at, ++count)
    CHECK(paths.count("/" + at->str(2)) == 1);
  CHECK(count > 5);
}

TEST_CASE("page: has no script, style or markup in places that its policy forbids") {
  Pages pages = page_files();
  const std::string html = pages.at("/")().content;
  for (const char* inlined : {"<script>", "<style", "style=", "onclick=", "javascript:"})
    CHECK_FALSE(contains(html, inlined));
  for (const char* markup : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"})
    CHECK_FALSE(contains(pages.at("/page.js")().content, markup));
}

}  // namespace event_consumer
