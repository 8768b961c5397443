// The page at «/» for people: its files, which stand in page/, as they are built into the program.
#pragma once

#include "supervisor/status/http_server.h"

namespace event_consumer {

// By path: HTML, its style, its scripts and its icon. They ask for nothing but /status and
// /history.
Pages page_files();

}  // namespace event_consumer
