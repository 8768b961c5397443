#include "worker/encode/json_event.h"

#include <rapidjson/encodings.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <utility>

#include "common/text.h"
#include "common/utf8.h"
#include "worker/encode/body_stream.h"
#include "worker/encode/column_index.h"

namespace event_consumer {
namespace {

// UTF-8 as RapidJSON wants it described, with its two hooks put to use. Validate() is called at
// each plain character: the body is known to be valid, so a whole run goes at once. Encode() is
// called for each \u escape: the only place where half a surrogate pair can come from.
struct BodyEncoding : rapidjson::UTF8<> {
  using rapidjson::UTF8<>::Encode;
  using rapidjson::UTF8<>::Validate;

  static void Encode(BodyStream& out, unsigned codepoint) {
    if (codepoint >= 0xDC00 && codepoint <= 0xDFFF) out.note_lone_surrogate();
    rapidjson::UTF8<>::Encode(out, codepoint);
  }
  static bool Validate(BodyStream& in, BodyStream&) {
    in.move_plain_run();
    return true;
  }
};

// What RapidJSON calls for each token: files the values of the first level under their keys and
// lets everything deeper pass. A function that returns false ends the parsing.
class Slots {
 public:
  // `unmatched` is nullptr where the keys that nobody looks for are not gathered.
  Slots(std::string_view body, const BodyStream& stream, ColumnIndex& index,
        std::vector<JsonValue>& values, UnknownKeys& unknown_keys, JsonObjectText* unmatched)
      : body_(body),
        stream_(stream),
        index_(index),
        values_(values),
        unknown_keys_(unknown_keys),
        unmatched_(unmatched) {}

  std::optional<Reason> refusal() const { return refusal_; }
  bool has_known_key() const { return has_known_key_; }
  std::string_view text() const { return text_; }

  bool Null() { return file(JsonValue::Kind::kNull, {}); }
  bool Bool(bool value) { return file(JsonValue::Kind::kBool, value ? "true" : "false"); }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return file(JsonValue::Kind::kString, {text, length});
  }
  bool RawNumber(std::size_t start) {
    return file(JsonValue::Kind::kNumber, body_.substr(start, stream_.Tell() - start));
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ != 1) return true;
    const ColumnIndex::Match match = index_.find({text, length});
    column_ = match.column;
    if (column_ == ColumnIndex::kNone) {
      is_unmatched_ = unmatched_ != nullptr;
      if (is_unmatched_)
        unmatched_->begin({text, length});
      else
        unknown_keys_.note({text, length});
      return true;
    }
    has_known_key_ = true;
    // The column's own name counts, wherever it stands in the event.
    if (match.is_exact || values_[column_].kind == JsonValue::Kind::kAbsent) return true;
    column_ = ColumnIndex::kNone;
    is_unmatched_ = false;
    return true;
  }
  bool StartObject() { return open(); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return depth_ == 0 ? refuse(Reason::kNotAnObject) : open(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  bool refuse(Reason reason) {
    refusal_ = reason;
    return false;
  }
  bool file(JsonValue::Kind kind, std::string_view text) {
    if (depth_ == 0) return refuse(Reason::kNotAnObject);
    if (depth_ != 1) return true;
    if (column_ != ColumnIndex::kNone)
      values_[column_] = {kind, text};
    else if (is_unmatched_)
      unmatched_->end({kind, text});
    return true;
  }
  // Both are called before the bracket itself is consumed.
  bool open() {
    if (depth_ == kMaximumDepth) return refuse(Reason::kTooDeep);
    if (depth_ == 0) event_start_ = stream_.Tell();
    if (depth_ == 1) compound_start_ = stream_.Tell();
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    if (depth_ == 0) text_ = body_.substr(event_start_, stream_.Tell() + 1 - event_start_);
    const std::size_t length = stream_.Tell() + 1 - compound_start_;
    return depth_ != 1 || file(JsonValue::Kind::kCompound, body_.substr(compound_start_, length));
  }

  std::string_view body_;
  const BodyStream& stream_;
  ColumnIndex& index_;
  std::vector<JsonValue>& values_;
  UnknownKeys& unknown_keys_;
  JsonObjectText* unmatched_;
  bool is_unmatched_ = false;  // the key last seen on the first level, where it is nobody's
  bool has_known_key_ = false;
  std::optional<Reason> refusal_;
  int depth_ = 0;
  std::size_t column_ = ColumnIndex::kNone;  // of the key last seen on the first level
  std::size_t compound_start_ = 0;
  std::size_t event_start_ = 0;
  std::string_view text_;
};

constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseInsituFlag |
                                 rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;
using Reader = rapidjson::GenericReader<BodyEncoding, BodyEncoding>;

void skip_digits(BodyStream& in) {
  while (in.Peek() >= '0' && in.Peek() <= '9') in.Take();
}

}  // namespace
}  // namespace event_consumer

// RapidJSON's own reading of numbers computes a double even where only the text is asked for, and
// refuses the event for 1e400 under a key that nobody uses. This one reads the grammar of RFC 8259,
// section 6, and nothing else.
template <>
template <>
void event_consumer::Reader::ParseNumber<event_consumer::kParseFlags>(
    event_consumer::BodyStream& in, event_consumer::Slots& slots) {
  using event_consumer::skip_digits;
  const auto is_digit = [&in] { return in.Peek() >= '0' && in.Peek() <= '9'; };
  const std::size_t start = in.Tell();
  Consume(in, '-');
  if (!is_digit()) RAPIDJSON_PARSE_ERROR(rapidjson::kParseErrorValueInvalid, in.Tell());
  if (!Consume(in, '0')) skip_digits(in);
  if (Consume(in, '.')) {
    if (!is_digit()) RAPIDJSON_PARSE_ERROR(rapidjson::kParseErrorNumberMissFraction, in.Tell());
    skip_digits(in);
  }
  if (Consume(in, 'e') || Consume(in, 'E')) {
    if (!Consume(in, '+')) Consume(in, '-');
    if (!is_digit()) RAPIDJSON_PARSE_ERROR(rapidjson::kParseErrorNumberMissExponent, in.Tell());
    skip_digits(in);
  }
  if (!slots.RawNumber(start)) RAPIDJSON_PARSE_ERROR(rapidjson::kParseErrorTermination, start);
}

namespace event_consumer {
namespace {

// RapidJSON notices the first half of a pair without the second, BodyEncoding the reverse.
constexpr std::string_view kHalfPair = "half a surrogate pair";

Rejection reject(Reason reason, std::string_view what, std::size_t offset) {
  return {reason, "", std::string(what) + " at byte " + std::to_string(offset)};
}

// Of UTF-8 (RFC 8259, section 8.1: may be ignored). Those of UTF-16 are no UTF-8.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// What a body that is no JSON is, where its first bytes tell; else empty.
std::string_view foreign_format(std::string_view body) {
  if (starts_with(body, "\x1f\x8b")) return "the body is compressed with gzip";
  if (starts_with(body, "\x28\xb5\x2f\xfd")) return "the body is compressed with zstd";
  if (starts_with(body, "\xff\xfe") || starts_with(body, "\xfe\xff")) return "the body is UTF-16";
  return "";
}

Rejection describe(std::string_view body, const Reader& reader, std::optional<Reason> refusal) {
  const std::size_t offset = reader.GetErrorOffset();
  if (refusal == Reason::kNotAnObject) return {*refusal, "", "the body is not a JSON object"};
  if (refusal) return reject(*refusal, "nested deeper than 64 levels", offset);
  const rapidjson::ParseErrorCode code = reader.GetParseErrorCode();
  if (code == rapidjson::kParseErrorStringUnicodeSurrogateInvalid) {
    return reject(Reason::kInvalidUtf8, kHalfPair, offset);
  }
  // RapidJSON calls it an invalid escape.
  if (code == rapidjson::kParseErrorStringEscapeInvalid && offset < body.size() &&
      static_cast<unsigned char>(body[offset]) < ' ')
    return reject(Reason::kNotJson, "a control character in a string that is not escaped", offset);
  std::string_view words = rapidjson::GetParseError_En(code);
  if (!words.empty() && words.back() == '.') words.remove_suffix(1);
  return reject(Reason::kNotJson, words, offset);
}

}  // namespace

struct JsonEvent::State {
  State(std::vector<std::string> keys, std::size_t more)
      : index(std::move(keys)), values(index.size() + more) {}

  ColumnIndex index;
  std::vector<JsonValue> values;
  UnknownKeys unknown_keys;
  std::optional<JsonObjectText> unmatched;
  bool has_known_key = false;
  std::string_view text;
  std::string copy;  // of the last body; keeps the memory of the largest
  Reader reader;
};

JsonEvent::JsonEvent(std::vector<std::string> keys, std::size_t more)
    : state_(std::make_unique<State>(std::move(keys), more)) {}
JsonEvent::JsonEvent(JsonEvent&&) noexcept = default;
JsonEvent& JsonEvent::operator=(JsonEvent&&) noexcept = default;
JsonEvent::~JsonEvent() = default;

std::vector<JsonValue>& JsonEvent::values() { return state_->values; }

std::string_view JsonEvent::text() const { return state_->text; }

void JsonEvent::gather_unmatched() { state_->unmatched.emplace(); }

JsonObjectText& JsonEvent::unmatched() { return *state_->unmatched; }

std::optional<Rejection> JsonEvent::read(std::string_view body) {
  const std::size_t invalid = find_invalid_utf8(body);
  const std::string_view foreign = foreign_format(body);
  if (!foreign.empty())
    return Rejection{invalid == std::string_view::npos ? Reason::kNotJson : Reason::kInvalidUtf8,
                     "", std::string(foreign)};
  if (invalid != std::string_view::npos) {
    return reject(Reason::kInvalidUtf8, "invalid UTF-8", invalid);
  }
  State& state = *state_;
  state.copy.assign(body);
  state.copy.append(BodyStream::kPadding, '\0');
  if (starts_with(body, kByteOrderMark)) state.copy.replace(0, kByteOrderMark.size(), "   ");
  state.index.start_event();
  state.values.assign(state.values.size(), JsonValue{});
  if (state.unmatched) state.unmatched->clear();

  BodyStream stream(state.copy.data());
  Slots slots(body, stream, state.index, state.values, state.unknown_keys,
              state.unmatched ? &*state.unmatched : nullptr);
  if (state.reader.Parse<kParseFlags>(stream, slots).IsError()) {
    return describe(body, state.reader, slots.refusal());
  }
  if (stream.Tell() != body.size()) {  // for RapidJSON a NUL byte is the end of any text
    return reject(Reason::kNotJson, "a NUL byte after the value", stream.Tell());
  }
  if (const auto offset = stream.lone_surrogate()) {
    return reject(Reason::kInvalidUtf8, kHalfPair, *offset);
  }
  state.has_known_key = slots.has_known_key();
  state.text = slots.text();
  return std::nullopt;
}

bool JsonEvent::has_known_key() const { return state_->has_known_key; }

UnknownKeys& JsonEvent::unknown_keys() { return state_->unknown_keys; }

}  // namespace event_consumer
