// The page at «/» of the status address, in a browser. With SCREENSHOTS=DIRECTORY pictures of it go
// there.
#include <signal.h>

#include "common/text.h"
#include "tests/support/browser.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/free_port.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// A topology, an environment that serves its status, and a browser.
struct Scene {
  explicit Scene(const std::string& name)
      : topology(name), environment(topology.environment()), port(serve_status(environment)) {
    topology.declare_topology();
  }

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port) + "/"; }
  // Waits until the service answers.
  void open() {
    REQUIRE(wait_until([&] { return get_status_page(port, "/livez").status == 200; }, seconds(10)));
    browser.open(origin());
  }
  std::string text_of(const std::string& id) {
    return browser.text("(document.getElementById('" + id + "') || {}).textContent || ''");
  }
  // Without the spaces between groups of digits.
  std::string number_in(const std::string& id) {
    return browser.text("((document.getElementById('" + id +
                        "') || {}).textContent || '').replace(/\\D/g, '')");
  }
  bool waits_for(const std::string& id, const std::string& text, Duration timeout = seconds(20)) {
    return wait_until([&] { return contains(text_of(id), text); }, timeout);
  }
  bool waits_for_number(const std::string& id, const std::string& digits) {
    return wait_until([&] { return number_in(id) == digits; }, seconds(20));
  }

  TestTopology topology;
  Environment environment;
  int port;
  Browser browser;
};

constexpr char kWiderThanWindow[] =
    "String(document.documentElement.scrollWidth > document.documentElement.clientWidth)";

}  // namespace

TEST_CASE("page: shows the numbers of the status, without a complaint, asking nobody else") {
  Scene scene("page_numbers");
  Service service(scene.environment);
  scene.open();
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  const ClickEvents events;
  publish_confirmed(client, scene.topology, 0, 12'345, [&](auto id) { return events.json_at(id); });
  client.publish(scene.topology.exchange(), scene.topology.queue(), "not JSON");
  REQUIRE(client.wait_for_confirms(seconds(10)));

  CHECK(scene.waits_for("condition", "Ready"));
  CHECK(scene.waits_for_number("inserted", "12345"));
  CHECK(scene.waits_for_number("received", "12346"));
  CHECK(scene.waits_for_number("dead_lettered", "1"));
  for (const char* none : {"in_hand", "rejected", "recognised", "returned"})
    CHECK(scene.waits_for_number(none, "0"));
  CHECK(scene.waits_for("balance", "It adds up."));
  CHECK(scene.text_of("queue") == scene.topology.queue());
  CHECK(scene.text_of("table") == scene.topology.table());
  CHECK(contains(scene.text_of("once"), "at least once"));
  CHECK(scene.text_of("stored") == "in the page cache of one server");
  CHECK(scene.browser.text("String(document.querySelectorAll('#workers tr').length)") == "2");
  const auto charts = [&] {
    return scene.browser.text(
        "[...document.querySelectorAll('svg')].map(chart => "
        "chart.getAttribute('aria-label')).join('\\n')");
  };
  CHECK(wait_until([&] { return contains(charts(), "not_json 1"); }, seconds(20)));
  for (const char* title :
       {"Events, ", "In hand, ", "Oldest in hand, ", "Insert, ", "Dead letters, ", "Failures, "})
    CHECK(contains(charts(), title));

  for (const Browser::Look look : {Browser::Look{1100, false}, {1100, true}, {380, false}}) {
    scene.browser.look(look);
    CHECK(scene.browser.text(kWiderThanWindow) == "false");
    scene.browser.screenshot("page-" + std::to_string(look.width) + (look.is_dark ? "-dark" : ""));
  }
  CHECK(scene.browser
            .text("performance.getEntriesByType('resource').map(each => each.name)"
                  ".filter(name => !name.startsWith(location.origin + '/')).join()")
            .empty());
  CHECK(scene.browser.complaints() == std::vector<std::string>{});
  CHECK(service.stop() == 0);
}

TEST_CASE("page: goes on through a restart of the instance, and says so") {
  Scene scene("page_restart");
  {
    Service service(scene.environment);
    scene.open();
    CHECK(scene.waits_for("condition", "Ready"));
    scene.browser.text("window.same = 'page'");
    CHECK(service.stop() == 0);
  }
  CHECK(scene.waits_for("condition", "No answer"));
  CHECK(scene.waits_for("notice", "No answer since"));
  scene.browser.screenshot("page-no-answer");
  Service service(scene.environment);
  CHECK(scene.waits_for("condition", "Ready"));
  CHECK(scene.waits_for("notice", "The instance was started anew"));
  CHECK(scene.number_in("pid") == std::to_string(service.pid()));
  CHECK(scene.browser.text("window.same") == "page");
  CHECK(service.stop() == 0);
}

TEST_CASE("page: names that read like markup stay text") {
  const std::string name = "<script>alert(1)</script><img src=x onerror=alert(2)>";
  Scene scene("page_markup");
  scene.environment["RABBITMQ_QUEUE"] = name;
  // The queue is not made: nothing is consumed before ClickHouse has answered.
  scene.environment["CLICKHOUSE_PORT"] = std::to_string(free_port());
  Service service(scene.environment);
  scene.open();
  CHECK(scene.waits_for("condition", "Not ready"));
  CHECK(scene.waits_for("because", "cannot connect"));
  CHECK(scene.waits_for("error", "cannot connect"));
  CHECK(scene.text_of("queue") == name);
  CHECK(contains(scene.browser.text("document.title"), name));
  CHECK(scene.browser.text("String(document.querySelectorAll('img, script:not([src])').length)") ==
        "0");
  scene.browser.screenshot("page-not-ready");
  CHECK(scene.browser.complaints() == std::vector<std::string>{});
  service.send(SIGTERM);
  CHECK(service.wait_exit_status(seconds(30)));
}

}  // namespace event_consumer::testing
