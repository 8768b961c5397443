// What a worker asks of every TLS connection: a certificate that leads to a trusted CA and is made
// out to the host, and TLS 1.2 or newer. Also puts OpenSSL's verdicts into words. The connections
// themselves are made by rabbitmq-c and cpp-httplib.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "common/result.h"

struct ssl_ctx_st;

namespace event_consumer {

// The other end of a connection, as its certificate must prove it.
struct TlsPeer {
  std::string host;       // a name or an IP address
  std::string ca_file;    // with the certificates of the CAs to trust
  std::string ca_option;  // the option that names another one, for messages
};

// `ca_file`, or the bundle of Debian's package ca-certificates when it is empty.
std::string trusted_ca_file(const std::string& ca_file);

// Makes every handshake of `context` demand the above. An Error (kConfiguration) when the CA file
// cannot be read.
Result<Done> demand_verified_peer(ssl_ctx_st* context, const TlsPeer& peer);

// Called with the size of each record that comes, before its content is used.
using RecordHandler = std::function<void(std::size_t bytes)>;

// Calls `handler`, which must outlive the context's connections, for every record that comes on any
// of them.
void watch_records(ssl_ctx_st* context, const RecordHandler& handler);

// While it lives, keeps what the verification of `context`'s last handshake came to: a client
// library may throw that away together with the connection. Must not outlive the context.
class VerificationWatch {
 public:
  explicit VerificationWatch(ssl_ctx_st* context);
  ~VerificationWatch();
  VerificationWatch(const VerificationWatch&) = delete;
  VerificationWatch& operator=(const VerificationWatch&) = delete;

  long result() const { return result_; }

 private:
  ssl_ctx_st* context_;
  long result_;
};

// Why the handshake that this thread did last has failed, and what to do about it. `verification`
// is OpenSSL's verify result. The Error is kConfiguration for a certificate that is not accepted
// and for a server that speaks no TLS, else kUnavailable; `doing` says what was tried.
Error handshake_error(const std::string& doing, const TlsPeer& peer, long verification);

}  // namespace event_consumer
