// HTTP for the status, on cpp-httplib: which page answers a request, and how a page is fetched.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "common/host_port.h"
#include "common/result.h"

namespace event_consumer {

struct Page {
  int status;  // of HTTP
  std::string content_type;
  std::string content;
};

// By path: what is made anew at each request.
using Pages = std::map<std::string, std::function<Page()>>;

// Turns the head of a request, up to and including the empty line, into the whole response to it:
// that of the page, whole whatever ranges are asked for, 404 with the paths that there are, or 400.
std::function<std::string(const std::string& head)> answerer(Pages pages);

// GET; returns the content whatever the status. The Error is kUnavailable and says what happened.
Result<std::string> fetch(const HostPort& where, const std::string& path,
                          std::chrono::seconds timeout);

}  // namespace event_consumer
