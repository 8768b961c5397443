// A defect planted into a worker: linked with --wrap, it stands before RowEncoder::encode and
// aborts on a body that asks for it. Everything else of the worker is the real one.
#include <cstdlib>

#include "worker/encode/row_encoder.h"

#define ENCODE                                                                            \
  "_ZN14event_consumer10RowEncoder6encodeESt17basic_string_viewIcSt11char_traitsIcEERNS_" \
  "9RowBufferE"

namespace event_consumer {

std::optional<Rejection> real_encode(RowEncoder* self, std::string_view body,
                                     RowBuffer& rows) asm("__real_" ENCODE);
std::optional<Rejection> wrapped_encode(RowEncoder* self, std::string_view body,
                                        RowBuffer& rows) asm("__wrap_" ENCODE);

std::optional<Rejection> wrapped_encode(RowEncoder* self, std::string_view body, RowBuffer& rows) {
  if (body.find("planted abort") != std::string_view::npos) std::abort();
  return real_encode(self, body, rows);
}

}  // namespace event_consumer
