// An AMQP URL taken apart, after RabbitMQ's URI specification (rabbitmq.com/uri-spec.html), with
// one deviation: a URL that ends in «/» means the virtual host «/», as the Python clients read it.
// Password and the files of TLS may come from options of their own.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/tls_files.h"

namespace event_consumer {

struct AmqpUrl {
  std::string host = "localhost";
  int port = 5672;
  bool tls = false;       // amqps://
  TlsFiles tls_files;     // not of the URL
  bool external = false;  // log in as whom our certificate names (SASL EXTERNAL); not of the URL
  std::string user = "guest";
  std::string password = "guest";
  std::string virtual_host = "/";
  std::chrono::seconds heartbeat{60};
  std::vector<std::string> unknown_parameters;  // names in the query that mean nothing to us

  // «host:port, virtual host /»: for logs; holds no password.
  std::string describe() const;
  // «user app», or how the broker finds out who it is.
  std::string describe_user() const;
};

// Reads amqp://user:password@host:port/vhost?heartbeat=SECONDS, or amqps:// for TLS with 5671 as
// its default port; every part but the scheme may be left out. An Error (kUsage) says what is wrong
// and never holds the password.
Result<AmqpUrl> parse_amqp_url(std::string_view url);

// Reads one or more URLs with commas between them. A comma separates only where a URL follows, so
// that a password may hold one. The Error is that of the first URL that cannot be read.
Result<std::vector<AmqpUrl>> parse_amqp_urls(std::string_view urls);

}  // namespace event_consumer
