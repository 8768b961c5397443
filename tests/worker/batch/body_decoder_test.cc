#include "worker/batch/body_decoder.h"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "tests/support/catch.h"
#include "tests/support/proc.h"
#include "worker/amqp/properties.h"

using namespace event_consumer;

namespace {

constexpr std::size_t kMostBytes = 1 << 20;
const std::string kEvent = R"({"short_code": "a", "note": "aaaaaaaaaaaaaaaaaaaaaaaa"})";

// What zlib makes of `text`: 15 + 16 gzip, 15 zlib, -15 neither header.
std::string deflated(const std::string& text, int window_bits) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string gzipped(const std::string& text) { return deflated(text, 15 + 16); }

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// A stream whose length was not known when it began, with a window of 2^`window_log` bytes.
std::string zstd_stream(const std::string& text, int window_log) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(text.size()) + 100, '\0');
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush);
  REQUIRE(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end) == 0);
  ZSTD_freeCCtx(context);
  out.resize(output.pos);
  return out;
}

// The properties of a message with that encoding, and with a content type or not.
std::string properties(const char* encoding, bool has_type = true) {
  amqp_basic_properties_t properties{};
  if (has_type) properties._flags |= AMQP_BASIC_CONTENT_TYPE_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  if (encoding != nullptr) properties._flags |= AMQP_BASIC_CONTENT_ENCODING_FLAG;
  properties.content_encoding = amqp_cstring_bytes(encoding == nullptr ? "" : encoding);
  properties._flags |= AMQP_BASIC_TYPE_FLAG;
  properties.type = amqp_cstring_bytes("click");
  return encode_properties(properties);
}

// The body as it was, or the word of the reason and the error.
std::string decode(const std::string& body, const char* encoding, bool has_type = true) {
  const std::string encoded = properties(encoding, has_type);
  Delivery delivery;
  delivery.body = body;
  delivery.properties = encoded;
  BodyDecoder decoder;
  std::string_view decoded;
  const auto rejection = decoder.decode(delivery, kMostBytes, decoded);
  if (rejection) return std::string(slug(rejection->reason)) + ": " + rejection->error;
  return std::string(decoded);
}

bool is_broken(const std::string& body, const char* encoding) {
  return decode(body, encoding).rfind("bad_encoding: content_encoding is ", 0) == 0;
}

}  // namespace

TEST_CASE("a body is what it was before its content_encoding") {
  CHECK(decode(gzipped(kEvent), "gzip") == kEvent);
  CHECK(decode(gzipped(kEvent), "X-GZIP", /*has_type=*/false) == kEvent);
  CHECK(decode(deflated(kEvent, 15), "deflate") == kEvent);
  CHECK(decode(deflated(kEvent, -15), "deflate") == kEvent);
  CHECK(decode(zstd(kEvent), "zstd") == kEvent);
  CHECK(decode(gzipped(zstd(kEvent)), "zstd, gzip") == kEvent);
  CHECK(decode(gzipped(gzipped(zstd(kEvent))), "zstd,gzip , gzip") == kEvent);
  CHECK(decode(gzipped(kEvent) + gzipped(kEvent), "gzip") == kEvent + kEvent);
  CHECK(decode(gzipped(""), "gzip").empty());
  const std::string large(kMostBytes, 'x');
  CHECK((decode(gzipped(large), "gzip") == large));
  CHECK((decode(zstd(large), "zstd") == large));
}

TEST_CASE("a body without an encoding, or with one that is not known, is as it is") {
  CHECK(decode(kEvent, nullptr) == kEvent);
  CHECK(decode(kEvent, nullptr, /*has_type=*/false) == kEvent);
  for (const char* encoding : {"", "utf-8", "identity", "br", ",", "gzip2"}) {
    CAPTURE(encoding);
    CHECK(decode(kEvent, encoding) == kEvent);
  }
}

TEST_CASE("a body that is not what its encoding says is a bad encoding") {
  for (const std::string& packed : {gzipped(kEvent), deflated(kEvent, 15), zstd(kEvent)}) {
    const char* encoding = packed[0] == '\x1f' ? "gzip" : packed[0] == 'x' ? "deflate" : "zstd";
    CAPTURE(encoding);
    CHECK(is_broken(kEvent, encoding));
    CHECK(is_broken("", encoding));
    CHECK(is_broken(packed.substr(0, packed.size() - 1), encoding));
    CHECK(is_broken(packed + "x", encoding));
    std::string damaged = packed;
    damaged[packed.size() / 2] ^= 0x55;
    CHECK((is_broken(damaged, encoding) || decode(damaged, encoding) != kEvent));
  }
  CHECK(decode("x", "gzip") ==
        "bad_encoding: content_encoding is gzip, but gzip cannot decompress the body: it is "
        "something else, damaged or cut off");
}

TEST_CASE("an encoding of any bytes is named in valid UTF-8") {
  CHECK(decode("x", "gzip,\xff") ==
        "bad_encoding: content_encoding is gzip,\\xff, but gzip cannot decompress the body: it is "
        "something else, damaged or cut off");
}

TEST_CASE("a bomb costs its message, and no more memory than a body may") {
  const std::string bomb(64 * kMostBytes, '\0');
  for (const auto& [packed, encoding] :
       {std::pair(gzipped(bomb), "gzip"), std::pair(zstd(bomb), "zstd")}) {
    CHECK(decode(packed, encoding) ==
          "too_large: decompressed it has more bytes than --batch-bytes, 1048576");
  }
  CHECK(decode(gzipped(std::string(kMostBytes + 1, 'x')), "gzip").rfind("too_large", 0) == 0);
}

TEST_CASE("a window of zstd may be as large as those of its highest levels, and no more is used") {
  CHECK(decode(zstd_stream(kEvent, 27), "zstd") == kEvent);
  CHECK(decode(zstd_stream(kEvent, 28), "zstd") ==
        "bad_encoding: content_encoding is zstd, and the window of its zstd is larger than 128 "
        "MiB");
  const auto peak_kib = [] { return std::stoul(testing::proc_status(getpid(), "VmHWM")); };
  const std::string packed = zstd_stream(kEvent, 27);
  const auto before = peak_kib();
  CHECK(decode(packed, "zstd") == kEvent);
  CHECK(peak_kib() < before + 64 * 1024);
}

TEST_CASE("an encoding that is not known is the reason where the body is no event") {
  const auto blamed = [](const char* encoding, Reason reason) {
    const std::string encoded = properties(encoding);
    Delivery delivery;
    delivery.properties = encoded;
    Rejection rejection{reason, "", "why", 2};
    blame_unknown_encoding(delivery, rejection);
    CHECK(rejection.event == 2);
    return std::string(slug(rejection.reason)) + ": " + rejection.error;
  };
  CHECK(blamed("br", Reason::kInvalidUtf8) ==
        "bad_encoding: content_encoding is br, and only gzip, deflate and zstd are undone; as it "
        "is: why");
  CHECK(blamed("utf-8", Reason::kNotJson) == "not_json: why");
  CHECK(blamed("gzip", Reason::kNotJson) == "not_json: why");
  CHECK(blamed(nullptr, Reason::kNotJson) == "not_json: why");
  CHECK(blamed("br", Reason::kBadValue) == "bad_value: why");
}

TEST_CASE("properties that are cut off have no encoding") {
  const std::string whole = properties("gzip");
  Delivery delivery;
  for (std::size_t size = 0; size < 20; ++size) {
    const std::string cut = whole.substr(0, size);
    delivery.properties = cut;
    CHECK(content_encoding(delivery).empty());
  }
  delivery.properties = whole;
  CHECK(content_encoding(delivery) == "gzip");
}
