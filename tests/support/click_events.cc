#include "tests/support/click_events.h"

#include <iterator>

namespace event_consumer::testing {

namespace {

constexpr std::uint32_t kEndOfEvents = 1766188800;  // 2025-12-20 00:00:00 UTC
constexpr std::uint32_t kSpanSeconds = 7 * 86400;
constexpr std::size_t kLongTextBytes = 64 * 1024;

// The first is the most frequent: see Draw::skewed.
constexpr const char* kUserAgents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
    "",
};
constexpr const char* kReferrers[] = {
    "https://www.google.com/",
    "https://t.co/",
    "",
    "https://www.facebook.com/",
    "https://www.linkedin.com/feed/",
    "https://news.ycombinator.com/",
    "https://www.reddit.com/r/programming/",
    "https://mail.example.org/inbox/",
};
constexpr const char* kSections[] = {"articles", "products", "docs", "blog", "events"};
constexpr const char* kNastyTexts[] = {
    "Браузер/1.0 «кавычки» — тире",
    "浏览器 ブラウザ 브라우저 متصفح",
    "emoji \xF0\x9F\x98\x80 \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB \xF0\x9F\x8F\xB4",
    R"(quotes " ' ` and backslashes \ \\ \" \n \u0041 \)",
    "line\nfeed\r\nreturn\ttab\bbackspace\fform feed",
    "controls \x01\x02\x1b[31m\x1f and \x7f",
    "'); DROP TABLE click_events; -- \\'",
    R"({"short_code": "not me"} </script> %s %00 ${x})",
    "edges \xC2\x80 \xDF\xBF \xE0\xA0\x80 \xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF",
    "\xEF\xBB\xBF starts with a byte order mark",
};

// A short stream of random numbers that depends on the seed and the index only (splitmix64).
class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t index)
      : state_(seed * 0x9E3779B97F4A7C15U ^ index * 0xD1B54A32D192ED03U) {}

  // From 0 to `bound` - 1.
  std::uint64_t below(std::uint64_t bound) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return (z ^ (z >> 31)) % bound;
  }

  // The same, with low numbers the more frequent.
  std::uint64_t skewed(std::uint64_t bound) { return below(below(bound) + 1); }

  template <typename Texts>
  const char* one_of(const Texts& texts) {
    return texts[skewed(std::size(texts))];
  }

 private:
  std::uint64_t state_;
};

std::string base62(std::uint64_t number, int digits) {
  constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text;
  for (int i = 0; i < digits; ++i, number /= 62) text += kDigits[number % 62];
  return text;
}

std::string ip_address(Draw& draw) {
  if (draw.below(10) == 0) return "2001:db8::" + std::to_string(draw.below(9000) + 1000);
  return "203.0." + std::to_string(draw.below(256)) + '.' + std::to_string(draw.below(256));
}

std::string nasty_text(Draw& draw) {
  std::string text = kNastyTexts[draw.below(std::size(kNastyTexts))];
  if (draw.below(8) == 0) text.insert(draw.below(2) * text.size(), 1, '\0');
  if (draw.below(500) == 0) {
    while (text.size() < kLongTextBytes) text += " \"long\\ \xF0\x9F\x98\x80\n";
  }
  return text;
}

}  // namespace

ClickEvent ClickEvents::at(std::uint64_t index) const {
  Draw draw(seed_, index);
  ClickEvent event;
  event.id = index;
  const std::uint64_t link = draw.skewed(5000);
  event.short_code = base62(link * 0x9E3779B97F4A7C15U, 7);
  event.timestamp = kEndOfEvents - 1 - static_cast<std::uint32_t>(draw.below(kSpanSeconds));
  event.micros = draw.below(100) == 0 ? 0 : static_cast<std::uint32_t>(draw.below(1000000));
  event.user_agent = draw.one_of(kUserAgents);
  event.ip_address = ip_address(draw);
  event.referrer = draw.one_of(kReferrers);
  event.original_url = std::string("https://example.com/") +
                       kSections[link % std::size(kSections)] + "/page-" + std::to_string(link) +
                       "?utm_source=newsletter&utm_medium=email&utm_campaign=winter-2025&id=" +
                       std::to_string(index);
  if (content_ == Content::kNasty) {
    event.user_agent = nasty_text(draw);
    event.referrer = draw.below(2) == 0 ? nasty_text(draw) : event.referrer;
  }
  return event;
}

std::string ClickEvents::json_at(std::uint64_t index) const { return to_json(at(index)); }

}  // namespace event_consumer::testing
