#include "worker/batch/body_decoder.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "common/option_parsers.h"
#include "common/text.h"
#include "common/utf8.h"
#include "worker/message/basic_properties.h"

namespace event_consumer {
namespace {

enum class Outcome {
  kWhole,
  kBroken,  // or cut off
  kTooLong,
  kTooWide,  // it wants a larger window than there may be
};

// Of zlib's inflateInit2: with a header of zlib or gzip, whichever is there, and without any.
constexpr int kAnyHeader = 15 + 32;
constexpr int kNoHeader = -15;

// 128 MiB, as zstd(1) has it: what its levels from 20 on want of a stream of any length. It is
// reserved, and used only as far as the body comes to.
constexpr int kWindowLog = 27;

// Makes room in `out` behind `used` bytes: more each time, and at most one byte beyond the limit.
void grow(std::string& out, std::size_t used, std::size_t most_bytes) {
  constexpr std::size_t kFirst = 64 * 1024;
  out.resize(std::min(std::max(kFirst, 2 * used), most_bytes + 1));
}

Outcome inflate_all(std::string_view in, int header, std::size_t most_bytes, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, header) != Z_OK) return Outcome::kBroken;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  std::size_t used = 0;
  while (true) {
    grow(out, used, most_bytes);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    const int result = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - stream.avail_out;
    if (used > most_bytes) return Outcome::kTooLong;
    if (result == Z_STREAM_END && stream.avail_in == 0) break;
    // A file of gzip may have several members (RFC 1952, section 2.2).
    const bool is_next = result == Z_STREAM_END && inflateReset(&stream) == Z_OK;
    if (!is_next && (result != Z_OK || stream.avail_out > 0)) return Outcome::kBroken;
  }
  out.resize(used);
  return Outcome::kWhole;
}

Outcome decompress_zstd(std::string_view in, std::size_t most_bytes, std::string& out) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLog);
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  std::size_t used = 0;
  while (true) {
    grow(out, used, most_bytes);
    ZSTD_outBuffer output{out.data(), out.size(), used};
    const std::size_t left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
      return Outcome::kTooWide;
    if (ZSTD_isError(left) != 0) return Outcome::kBroken;
    used = output.pos;
    if (used > most_bytes) return Outcome::kTooLong;
    if (input.pos < input.size) continue;
    if (left == 0) break;  // the last frame is whole and written
    if (used < out.size()) return Outcome::kBroken;
  }
  out.resize(used);
  return Outcome::kWhole;
}

Outcome decompress_deflate(std::string_view in, std::size_t most_bytes, std::string& out) {
  // HTTP means one with a header of zlib; some publishers send it without.
  const Outcome outcome = inflate_all(in, kAnyHeader, most_bytes, out);
  return outcome == Outcome::kBroken ? inflate_all(in, kNoHeader, most_bytes, out) : outcome;
}

Outcome decompress_gzip(std::string_view in, std::size_t most_bytes, std::string& out) {
  return inflate_all(in, kAnyHeader, most_bytes, out);
}

using Decompress = Outcome (*)(std::string_view, std::size_t, std::string&);

Decompress find_decompressor(std::string_view name) {
  if (name == "gzip" || name == "x-gzip") return decompress_gzip;
  if (name == "deflate") return decompress_deflate;
  if (name == "zstd") return decompress_zstd;
  return nullptr;
}

}  // namespace

// Hardly any message has one, and its flag is in the first byte (AMQP 0-9-1, section 4.2.6.1).
std::string_view content_encoding(const Delivery& message) {
  constexpr unsigned char kContentEncoding = 0x40;
  const std::string_view properties = message.properties;
  if (properties.empty() || (properties.front() & kContentEncoding) == 0) return {};
  return read_basic_properties(properties).content_encoding.value_or(std::string_view());
}

std::optional<Rejection> BodyDecoder::decode(const Delivery& message, std::size_t most_bytes,
                                             std::string_view& body) {
  body = message.body;
  const std::string_view encoding = content_encoding(message);
  if (encoding.empty()) return std::nullopt;
  const std::vector<std::string> names = parse_list(to_lower(encoding));
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const Decompress decompress = find_decompressor(*name);
    if (decompress == nullptr) continue;
    std::swap(decoded_[0], decoded_[1]);
    switch (decompress(body, most_bytes, decoded_[0])) {
      case Outcome::kWhole:
        body = decoded_[0];
        break;
      case Outcome::kBroken:
        return Rejection{
            Reason::kBadEncoding, "",
            "content_encoding is " + excerpt(encoding) + ", but " + *name +
                " cannot decompress the body: it is something else, damaged or cut off"};
      case Outcome::kTooWide:
        return Rejection{Reason::kBadEncoding, "",
                         "content_encoding is " + excerpt(encoding) +
                             ", and the window of its zstd is larger than 128 MiB"};
      case Outcome::kTooLong:
        return Rejection{
            Reason::kTooLarge, "",
            "decompressed it has more bytes than --batch-bytes, " + std::to_string(most_bytes)};
    }
  }
  return std::nullopt;
}

void blame_unknown_encoding(const Delivery& message, Rejection& rejection) {
  if (rejection.reason != Reason::kNotJson && rejection.reason != Reason::kInvalidUtf8) return;
  constexpr std::string_view kPlain[] = {"identity", "utf-8", "utf8",
                                         "binary",   "ascii", "us-ascii"};
  const std::string_view encoding = content_encoding(message);
  for (const std::string& name : parse_list(to_lower(encoding))) {
    const bool is_plain = std::find(std::begin(kPlain), std::end(kPlain), name) != std::end(kPlain);
    if (is_plain || find_decompressor(name) != nullptr) continue;
    rejection.reason = Reason::kBadEncoding;
    rejection.error = "content_encoding is " + excerpt(encoding) +
                      ", and only gzip, deflate and zstd are undone; as it is: " + rejection.error;
    return;
  }
}

}  // namespace event_consumer
