#include "common/amqp_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/host_port.h"
#include "common/option_parsers.h"
#include "common/redact.h"
#include "common/text.h"

namespace event_consumer {
namespace {

constexpr long kMostHeartbeat = 3600;  // seconds

// Nothing when a «%» is not followed by two hexadecimal digits, or stands for a NUL: rabbitmq-c
// would take that for the end of the name.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (i + 2 >= text.size()) return std::nullopt;
    if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2 || byte == 0)
      return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

// Splits `text` at the first `separator`; the part behind it is empty when there is none.
std::string_view take_until(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

bool parse_credentials(std::string_view text, AmqpUrl& url) {
  const bool has_password = text.find(':') != std::string_view::npos;
  const auto user = percent_decode(take_until(text, ':'));
  const auto password = percent_decode(text);
  if (!user || !password) return false;
  url.user = *user;
  if (has_password) url.password = *password;
  return true;
}

bool parse_host_and_port(std::string_view text, AmqpUrl& url) {
  std::string_view host, port;
  if (!text.empty() && text.front() == '[') {  // an IPv6 address
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    if (!port.empty()) port.remove_prefix(1);
  } else {
    host = take_until(text, ':');
    port = text;
  }
  if (!host.empty()) {
    const auto decoded = percent_decode(host);
    if (!decoded || decoded->find_first_of(", ") != std::string::npos) return false;
    url.host = *decoded;
  }
  return port.empty() || !parse_port(std::string(port), url.port);
}

constexpr std::string_view kPlainScheme = "amqp://";
constexpr std::string_view kTlsScheme = "amqps://";
constexpr int kTlsPort = 5671;

// Takes the scheme off `text`; false when it is none of ours.
bool take_scheme(std::string_view& text, AmqpUrl& url) {
  url.tls = starts_with(text, kTlsScheme);
  if (!url.tls && !starts_with(text, kPlainScheme)) return false;
  if (url.tls) url.port = kTlsPort;
  text.remove_prefix(url.tls ? kTlsScheme.size() : kPlainScheme.size());
  return true;
}

// Where the comma stands that ends the first URL of `text`; its length when there is none.
std::size_t end_of_first_url(std::string_view text) {
  for (auto at = text.find(','); at != std::string_view::npos; at = text.find(',', at + 1)) {
    auto rest = text.substr(at + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (starts_with(rest, kPlainScheme) || starts_with(rest, kTlsScheme)) return at;
  }
  return text.size();
}

bool parse_query(std::string_view query, AmqpUrl& url) {
  while (!query.empty()) {
    auto value = take_until(query, '&');
    const auto name = take_until(value, '=');
    if (name == "heartbeat") {
      long seconds = 0;
      if (parse_whole_number(std::string(value), 1, kMostHeartbeat, seconds)) return false;
      url.heartbeat = std::chrono::seconds(seconds);
    } else if (!name.empty()) {
      url.unknown_parameters.emplace_back(name);
    }
  }
  return true;
}

}  // namespace

std::string AmqpUrl::describe_user() const {
  return external ? "the user in our certificate" : "user " + user;
}

std::string AmqpUrl::describe() const {
  return HostPort{host, port}.describe() + ", virtual host " + virtual_host;
}

Result<AmqpUrl> parse_amqp_url(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return Error{ErrorKind::kUsage, "'" + redact_url(text) + "': " + why};
  };
  AmqpUrl url;
  std::string_view query = text;
  if (!take_scheme(query, url))
    return bad("expected amqp://user:password@host:port/vhost, or amqps:// for TLS");

  // Most likely a password with «/» or «?» in it, which would go on as virtual host or parameter.
  if (query.find('@', std::min(query.find_first_of("/?"), query.size())) != std::string_view::npos)
    return bad("percent-encode /, ? and @ in user and password (%2F, %3F, %40)");
  std::string_view path = take_until(query, '?');
  std::string_view authority = take_until(path, '/');
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (!parse_credentials(authority.substr(0, at), url))
      return bad("user or password is not percent-encoded properly");
    authority.remove_prefix(at + 1);
  }
  if (!parse_host_and_port(authority, url)) return bad("no host:port in it that we understand");
  if (!path.empty()) {
    const auto virtual_host = percent_decode(path);
    if (!virtual_host || path.find('/') != std::string_view::npos)
      return bad("the virtual host must be one percent-encoded path segment (%2F for /)");
    url.virtual_host = *virtual_host;
  }
  if (!parse_query(query, url)) return bad("heartbeat must be 1 to 3600 seconds");
  return url;
}

Result<std::vector<AmqpUrl>> parse_amqp_urls(std::string_view text) {
  std::vector<AmqpUrl> urls;
  for (;;) {
    const auto end = end_of_first_url(text);
    auto url = parse_amqp_url(text.substr(0, end));
    if (!url) return url.error();
    urls.push_back(std::move(*url));
    if (end == text.size()) return urls;
    text.remove_prefix(end + 1);
    text.remove_prefix(text.find_first_not_of(' '));
  }
}

}  // namespace event_consumer
