#include "supervisor/status/page.h"

#include <map>
#include <set>
#include <string>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/found.h"

namespace event_consumer {
namespace {

std::map<std::string, std::string> scripts() {
  std::map<std::string, std::string> scripts;
  for (const auto& [path, page] : page_files())
    if (ends_with(path, ".js")) scripts[path] = page().content;
  return scripts;
}

}  // namespace

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
  const auto references = testing::found(html, "(?:href|src)=\"([^\"]*)\"");
  for (const std::string& reference : references) CHECK(paths.count("/" + reference) == 1);
  CHECK(references.size() > 5);
  for (const auto& [path, script] : scripts())
    for (const std::string& imported : testing::found(script, " from '[.]([^']*)'"))
      CHECK(paths.count(imported) == 1);
}

TEST_CASE("page: has no script, style or markup in places that its policy forbids") {
  Pages pages = page_files();
  const std::string html = pages.at("/")().content;
  for (const char* inlined : {"<script>", "<style", "style=", "onclick=", "javascript:"})
    CHECK_FALSE(contains(html, inlined));
  for (const auto& [path, script] : scripts())
    for (const char* markup : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"})
      CHECK_FALSE(contains(script, markup));
}

}  // namespace event_consumer
