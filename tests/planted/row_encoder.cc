// A defect planted into a worker: its RowEncoder aborts on a body that asks for it, before it reads
// the body. Everything else of the worker is the real one.
#include "worker/encode/row_encoder.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/utf8.h"

namespace {

std::string_view abort_if_asked(std::string_view body) {
  if (body.find("planted abort") != std::string_view::npos) std::abort();
  return body;
}

}  // namespace

#define read(body, ...) read(abort_if_asked(body), __VA_ARGS__)
#include "worker/encode/row_encoder.cc"
