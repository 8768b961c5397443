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
// each plain character: what is read is known to be valid, so a whole run goes at once. Encode() is
// called for each \u escape: the only place where half a surrogate pair can come from. The event is
// refused for it, but its keys are looked at before: so it stands there as U+FFFD.
struct BodyEncoding : rapidjson::UTF8<> {
  using rapidjson::UTF8<>::Encode;
  using rapidjson::UTF8<>::Validate;

  static void Encode(BodyStream& out, unsigned codepoint) {
    const bool is_half = codepoint >= 0xDC00 && codepoint <= 0xDFFF;
    if (is_half) out.note_lone_surrogate();
    rapidjson::UTF8<>::Encode(out, is_half ? 0xFFFD : codepoint);
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
                                 rapidjson::kParseNumbersAsStringsFlag |
                                 rapidjson::kParseStopWhenDoneFlag;
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

// What a body that is no JSON is, where its first bytes tell; else empty.
std::string_view foreign_format(std::string_view body) {
  if (starts_with(body, "\x1f\x8b")) return "the body is compressed with gzip";
  if (starts_with(body, "\x28\xb5\x2f\xfd")) return "the body is compressed with zstd";
  if (starts_with(body, "\xff\xfe") || starts_with(body, "\xfe\xff")) return "the body is UTF-16";
  return "";
}

// What was refused begins at `begin`; `is_whole` says whether it can be all of the body.
Rejection describe(std::string_view body, const Reader& reader, std::optional<Reason> refusal,
                   std::size_t begin, bool is_whole) {
  const std::size_t offset = reader.GetErrorOffset();
  if (refusal == Reason::kNotAnObject && is_whole)
    return {*refusal, "", "the body is not a JSON object"};
  if (refusal == Reason::kNotAnObject) return reject(*refusal, "no JSON object", begin);
  if (refusal) return reject(*refusal, "nested deeper than 64 levels", offset);
  const rapidjson::ParseErrorCode code = reader.GetParseErrorCode();
  if (code == rapidjson::kParseErrorStringUnicodeSurrogateInvalid) {
    return reject(Reason::kInvalidUtf8, kHalfPair, offset);
  }
  // RapidJSON calls an empty document what cannot begin a value.
  if (code == rapidjson::kParseErrorDocumentEmpty && !is_whole)
    return reject(Reason::kNotJson, "no JSON object", offset);
  // It calls it an invalid escape.
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

  std::optional<Rejection> begin(std::string_view new_body);
  std::optional<Rejection> read_event();
  std::optional<Rejection> parse();
  void look_ahead();
  void skip_whitespace();
  bool is_at_end() const { return stream.Tell() == body.size(); }

  ColumnIndex index;
  std::vector<JsonValue> values;
  UnknownKeys unknown_keys;
  std::optional<JsonObjectText> unmatched;
  bool has_known_key = false;
  std::string_view text;
  std::string copy;  // of the last body, as far as it is UTF-8; keeps the memory of the largest
  Reader reader;

  std::string_view body;
  BodyStream stream{nullptr};
  std::size_t invalid_utf8 = 0;  // where the first such byte stands in the body, else npos
  bool is_array = false;
  bool is_array_over = false;
  std::size_t position = 0;
  bool has_next = false;
};

JsonEvent::JsonEvent(std::vector<std::string> keys, std::size_t more)
    : state_(std::make_unique<State>(std::move(keys), more)) {}
JsonEvent::JsonEvent(JsonEvent&&) noexcept = default;
JsonEvent& JsonEvent::operator=(JsonEvent&&) noexcept = default;
JsonEvent::~JsonEvent() = default;

std::optional<Rejection> JsonEvent::read(std::string_view body) { return state_->begin(body); }

std::optional<Rejection> JsonEvent::State::begin(std::string_view new_body) {
  body = new_body;
  invalid_utf8 = find_invalid_utf8(body);
  position = 0;
  has_next = is_array = is_array_over = false;
  const std::string_view foreign = foreign_format(body);
  if (!foreign.empty())
    return Rejection{
        invalid_utf8 == std::string_view::npos ? Reason::kNotJson : Reason::kInvalidUtf8, "",
        std::string(foreign)};
  copy.assign(body.substr(0, invalid_utf8));
  copy.append(BodyStream::kPadding, '\0');
  if (starts_with(body, kByteOrderMark)) copy.replace(0, kByteOrderMark.size(), "   ");
  stream = BodyStream(copy.data());
  skip_whitespace();
  if (stream.Peek() != '[') return read_event();
  stream.Take();
  is_array = true;
  skip_whitespace();
  if (stream.Peek() == ']') look_ahead();
  if (is_array_over && is_at_end())
    return Rejection{Reason::kNoEvents, "", "the array has no events"};
  return read_event();
}

bool JsonEvent::has_next() const { return state_->has_next; }

std::size_t JsonEvent::position() const { return state_->position; }

std::optional<Rejection> JsonEvent::read_next() {
  ++state_->position;
  return state_->read_event();
}

// A body that is no UTF-8 is refused as such, whatever else it is, but for events that stand
// before: what is read ends there.
std::optional<Rejection> JsonEvent::State::read_event() {
  has_next = is_array;  // for all that is known if it is rejected
  auto rejection = parse();
  if (rejection && invalid_utf8 != std::string_view::npos)
    return reject(Reason::kInvalidUtf8, "invalid UTF-8", invalid_utf8);
  if (!rejection) look_ahead();
  return rejection;
}

std::optional<Rejection> JsonEvent::State::parse() {
  if (is_array_over) return reject(Reason::kNotJson, "something follows the array", stream.Tell());
  if (is_array && position > 0) {
    if (stream.Peek() != ',')
      return reject(Reason::kNotJson, "a comma or ] is missing after the event before",
                    stream.Tell());
    stream.Take();
  }
  // For RapidJSON a NUL byte is the end of any text.
  if (position > 0 && stream.Peek() == '\0' && !is_at_end())
    return reject(Reason::kNotJson, "a NUL byte after the value", stream.Tell());
  skip_whitespace();
  const std::size_t begin = stream.Tell();
  index.start_event();
  values.assign(values.size(), JsonValue{});
  if (unmatched) unmatched->clear();
  Slots slots(body, stream, index, values, unknown_keys, unmatched ? &*unmatched : nullptr);
  if (reader.Parse<kParseFlags>(stream, slots).IsError())
    return describe(body, reader, slots.refusal(), begin,
                    /*is_whole=*/position == 0 && !is_array);
  if (const auto offset = stream.lone_surrogate())
    return reject(Reason::kInvalidUtf8, kHalfPair, *offset);
  has_known_key = slots.has_known_key();
  text = slots.text();
  return std::nullopt;
}

// Sees whether anything follows the event.
void JsonEvent::State::look_ahead() {
  skip_whitespace();
  if (is_array && stream.Peek() == ']') {
    stream.Take();
    is_array_over = true;
    skip_whitespace();
  }
  has_next = !is_at_end() || (is_array && !is_array_over);
}

void JsonEvent::State::skip_whitespace() {
  while (stream.Peek() == ' ' || stream.Peek() == '\n' || stream.Peek() == '\r' ||
         stream.Peek() == '\t')
    stream.Take();
}

std::vector<JsonValue>& JsonEvent::values() { return state_->values; }

bool JsonEvent::has_known_key() const { return state_->has_known_key; }

std::string_view JsonEvent::text() const { return state_->text; }

void JsonEvent::gather_unmatched() { state_->unmatched.emplace(); }

JsonObjectText& JsonEvent::unmatched() { return *state_->unmatched; }

UnknownKeys& JsonEvent::unknown_keys() { return state_->unknown_keys; }

}  // namespace event_consumer
