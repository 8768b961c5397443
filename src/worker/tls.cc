#include "worker/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace event_consumer {
namespace {

constexpr const char* kSystemCaFile = "/etc/ssl/certs/ca-certificates.crt";

// A record begins with its type, its version, and two bytes of length.
void tell_record(int is_written, int, int type, const void* bytes, std::size_t size, SSL*,
                 void* handler) {
  if (is_written != 0 || type != SSL3_RT_HEADER || size < 5) return;
  const auto* header = static_cast<const unsigned char*>(bytes);
  (*static_cast<const RecordHandler*>(handler))(size + header[3] * 256U + header[4]);
}

bool is_ip_address(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool demand_host(ssl_ctx_st* context, const std::string& host) {
  X509_VERIFY_PARAM* demands = SSL_CTX_get0_param(context);
  if (is_ip_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(demands, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(demands, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(demands, host.data(), host.size()) == 1;
}

std::string certificate_fault(const TlsPeer& peer, long verification) {
  switch (verification) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate, or that of its CA, has expired: renew it on the server";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet: compare the clocks of both machines";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is not made out to " + peer.host +
             ": connect by a name that stands in it, or have it made out to this one";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return "its certificate is signed by no CA in " + peer.ca_file +
             ": name the file of its CA " + "with " + peer.ca_option;
    default:
      return std::string("its certificate is not accepted: ") +
             X509_verify_cert_error_string(verification);
  }
}

bool speaks_no_tls(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string trusted_ca_file(const std::string& ca_file) {
  return ca_file.empty() ? kSystemCaFile : ca_file;
}

Result<Done> demand_verified_peer(ssl_ctx_st* context, const TlsPeer& peer) {
  const auto bad = [&](const std::string& why) {
    return Error{ErrorKind::kConfiguration,
                 "CA file " + peer.ca_file + ": " + why + " (see " + peer.ca_option + ")"};
  };
  if (!std::ifstream(peer.ca_file)) return bad(std::string("cannot be read: ") + strerror(errno));
  ERR_clear_error();
  if (SSL_CTX_load_verify_locations(context, peer.ca_file.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return bad("holds no certificate in PEM format");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      !demand_host(context, peer.host))
    return Error{ErrorKind::kInternal, "OpenSSL cannot verify host " + peer.host};
  return Done{};
}

void watch_records(ssl_ctx_st* context, const RecordHandler& handler) {
  SSL_CTX_set_msg_callback(context, tell_record);
  SSL_CTX_set_msg_callback_arg(context, const_cast<RecordHandler*>(&handler));
}

VerificationWatch::VerificationWatch(ssl_ctx_st* context) : context_(context), result_(X509_V_OK) {
  const auto verify = [](X509_STORE_CTX* store, void* watch) {
    const int accepted = X509_verify_cert(store);
    static_cast<VerificationWatch*>(watch)->result_ = X509_STORE_CTX_get_error(store);
    return accepted;
  };
  SSL_CTX_set_cert_verify_callback(context_, verify, this);
}

VerificationWatch::~VerificationWatch() {
  SSL_CTX_set_cert_verify_callback(context_, nullptr, nullptr);
}

Error handshake_error(const std::string& doing, const TlsPeer& peer, long verification) {
  // The first error tells the cause; what follows comes of tidying up.
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (verification != X509_V_OK)
    return {ErrorKind::kConfiguration, doing + ": " + certificate_fault(peer, verification)};
  if (speaks_no_tls(code))
    return {ErrorKind::kConfiguration,
            doing + ": it does not speak TLS on this port; name its TLS port, or ask for no TLS"};
  // A connection that broke leaves no cause behind; then the first error is that of tidying up.
  const bool broke = code == 0 || ERR_GET_REASON(code) == SSL_R_SHUTDOWN_WHILE_IN_INIT;
  const char* reason = broke ? nullptr : ERR_reason_error_string(code);
  return {ErrorKind::kUnavailable,
          doing + ": the TLS handshake failed: " +
              (reason != nullptr ? reason : "it was not completed (is this the TLS port?)")};
}

}  // namespace event_consumer
