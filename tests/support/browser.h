// Browser: a headless Chromium with one page, led over pipes by the DevTools protocol
// (https://chromedevtools.github.io/devtools-protocol/). Fails by exceptions, as all test support.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

class Browser {
 public:
  // Starts it with an empty page. Throws std::runtime_error when it cannot be started: Debian's
  // package is `chromium`.
  Browser();
  // Ends it.
  ~Browser();

  struct Look {
    int width;  // of the window
    bool is_dark;
  };
  void look(Look look);

  void open(const std::string& url);

  // The value of an expression of JavaScript in the page, which must be a string.
  std::string text(const std::string& expression);

  // What the page complained of since open(): lines of the console that are errors, exceptions,
  // violations of its policy, dialogs.
  const std::vector<std::string>& complaints() const { return complaints_; }

  // Writes the whole page as PNG into the directory that the variable SCREENSHOTS names, if there
  // is one.
  void screenshot(const std::string& name);

 private:
  // Sends a command, and returns its result. `parameters` is an object of JSON.
  rapidjson::Document command(const std::string& method, const std::string& parameters);
  // The next message within 20 s.
  rapidjson::Document receive();
  void take_event(const rapidjson::Document& message);

  PrivateDirectory directory_{"browser"};
  UniqueFd commands_;
  UniqueFd answers_;
  ChildProcess process_;
  std::string session_;
  std::string received_;
  int last_id_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace event_consumer::testing
