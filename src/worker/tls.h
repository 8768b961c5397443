// What a worker asks of every TLS connection: a certificate that leads to a trusted CA and is made
// out to the host, and TLS 1.2 or newer; what it shows of its own; and when the first of these
// certificates expires. Also puts OpenSSL's verdicts into words. The connections themselves are
// made by rabbitmq-c and cpp-httplib.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/tls_files.h"

struct ssl_ctx_st;

namespace event_consumer {

// The other end of a connection, as its certificate must prove it.
struct TlsPeer {
  std::string host;   // a name or an IP address
  TlsFiles files;     // of the CA, the system's by name
  std::string flags;  // how the options that name the files begin («--rabbitmq»), for messages

  std::string ca_option() const { return flags + "-ca-file"; }
  std::string certificate_option() const { return flags + "-certificate-file"; }
};

// `files` with the bundle of Debian's package ca-certificates where no CA is named.
TlsFiles with_trusted_ca(TlsFiles files);

// Makes every handshake of `context` demand the above, and show our certificate if there is one. An
// Error (kConfiguration) when a file cannot be read, or certificate and key do not belong together.
Result<Done> demand_verified_peer(ssl_ctx_st* context, const TlsPeer& peer);

// The certificate that expires first of those that a connection hangs on.
struct CertificateExpiry {
  std::string subject;
  std::int64_t unix_seconds = 0;  // 0: there is none, or none is known yet
};

// Called with the size of each record that comes, before its content is used.
using RecordHandler = std::function<void(std::size_t bytes)>;

// Calls `handler`, which must outlive the context's connections, for every record that comes on any
// of them.
void watch_records(ssl_ctx_st* context, const RecordHandler& handler);

// While it lives, keeps what the verification of `context`'s last handshake came to, and which
// certificate expires first: a client library may throw that away together with the connection. A
// session that is resumed verifies nothing anew. Must not outlive the context.
class VerificationWatch {
 public:
  explicit VerificationWatch(ssl_ctx_st* context);
  ~VerificationWatch();
  VerificationWatch(const VerificationWatch&) = delete;
  VerificationWatch& operator=(const VerificationWatch&) = delete;

  long result() const { return result_; }
  // Of our own, and of the chain that was verified last.
  CertificateExpiry first_to_expire() const;

 private:
  ssl_ctx_st* context_;
  long result_;
  CertificateExpiry chain_;
};

// Why the handshake that this thread did last has failed, and what to do about it. `verification`
// is OpenSSL's verify result. The Error is kConfiguration for a certificate that is not accepted,
// by us or by the server, and for a server that speaks no TLS, else kUnavailable; `doing` says what
// was tried.
Error handshake_error(std::string_view doing, const TlsPeer& peer, long verification);

// The same after a handshake that was done for us: with TLS 1.3 the server refuses our certificate,
// or the want of one, only then. Nothing when that is not why this thread's last call of OpenSSL
// has failed.
std::optional<Error> certificate_refusal(std::string_view doing, const TlsPeer& peer);

}  // namespace event_consumer
