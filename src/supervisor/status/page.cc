#include "supervisor/status/page.h"

namespace event_consumer {

namespace {

// The Makefile makes a string literal of each file of page/.
constexpr char kHtml[] =
#include "page.html.inc"
    ;
constexpr char kStyle[] =
#include "page.css.inc"
    ;
constexpr char kScript[] =
#include "page.js.inc"
    ;
constexpr char kCharts[] =
#include "charts.js.inc"
    ;
constexpr char kElements[] =
#include "elements.js.inc"
    ;
constexpr char kFormat[] =
#include "format.js.inc"
    ;
constexpr char kIcon[] =
#include "icon.svg.inc"
    ;

constexpr char kJavaScript[] = "text/javascript; charset=utf-8";

std::function<Page()> file(const char* content_type, const char* content) {
  return [=] { return Page{200, content_type, content}; };
}

}  // namespace

Pages page_files() {
  return {{"/", file("text/html; charset=utf-8", kHtml)},
          {"/page.css", file("text/css; charset=utf-8", kStyle)},
          {"/page.js", file(kJavaScript, kScript)},
          {"/charts.js", file(kJavaScript, kCharts)},
          {"/elements.js", file(kJavaScript, kElements)},
          {"/format.js", file(kJavaScript, kFormat)},
          {"/icon.svg", file("image/svg+xml", kIcon)}};
}

}  // namespace event_consumer
