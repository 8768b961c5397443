#include "worker/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <ctime>
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
      return "its certificate is signed by no CA in " + peer.files.ca +
             ": name the file of its CA with " + peer.ca_option();
    default:
      return std::string("its certificate is not accepted: ") +
             X509_verify_cert_error_string(verification);
  }
}

Error bad_file(const std::string& file, std::string_view why, const std::string& option) {
  return {ErrorKind::kConfiguration, file + ": " + std::string(why) + " (see " + option + ")"};
}

std::optional<std::string> unreadable(const std::string& path) {
  if (std::ifstream(path)) return std::nullopt;
  return std::string("cannot be read: ") + strerror(errno);
}

// OpenSSL would ask for it at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

Result<Done> show_certificate(ssl_ctx_st* context, const TlsPeer& peer) {
  const std::string& certificate = peer.files.certificate;
  const std::string& key = peer.files.key.empty() ? certificate : peer.files.key;
  const std::string key_option =
      peer.files.key.empty() ? peer.certificate_option() : peer.flags + "-key-file";
  const auto bad_key = [&](std::string_view why) {
    ERR_clear_error();
    return bad_file("key file " + key, why, key_option);
  };
  if (const auto fault = unreadable(certificate))
    return bad_file("certificate file " + certificate, *fault, peer.certificate_option());
  if (const auto fault = unreadable(key)) return bad_key(*fault);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    ERR_clear_error();
    return bad_file("certificate file " + certificate, "holds no certificate in PEM format",
                    peer.certificate_option());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1) return Done{};
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_LIB(code) == ERR_LIB_X509)
    return bad_key("is not the key of the certificate in " + certificate);
  return bad_key("holds no key in PEM format without a passphrase");
}

std::string subject_of(X509* certificate) {
  BIO* text = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text, &bytes);
  std::string subject(bytes, static_cast<std::size_t>(size));
  BIO_free(text);
  return subject;
}

// `earliest`, or `certificate` when that expires before.
void take_earlier(X509* certificate, CertificateExpiry& earliest) {
  std::tm at{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &at) != 1) return;
  const std::int64_t seconds = timegm(&at);
  if (earliest.unix_seconds == 0 || seconds < earliest.unix_seconds)
    earliest = {subject_of(certificate), seconds};
}

// What a server's alert says of our certificate (RFC 8446, section 6.2); nothing of another one.
std::optional<std::string> refusal_in_words(unsigned long code, const TlsPeer& peer) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return std::nullopt;
  const std::string& own = peer.files.certificate;
  const std::string not_ours =
      own.empty() ? "it wants a certificate of ours: name one with " + peer.certificate_option()
                  : "it does not accept our certificate in " + own;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return not_ours;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return not_ours + ", which is revoked: have it made anew";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return not_ours + ", which has expired: have it made anew";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return not_ours + ": it does not know the CA that signed it";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      if (own.empty())
        return "it refuses, and may want a certificate of ours: see " + peer.certificate_option();
      return std::nullopt;
    default:
      return std::nullopt;
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

TlsFiles with_trusted_ca(TlsFiles files) {
  if (files.ca.empty()) files.ca = kSystemCaFile;
  return files;
}

Result<Done> demand_verified_peer(ssl_ctx_st* context, const TlsPeer& peer) {
  const std::string& ca = peer.files.ca;
  if (const auto fault = unreadable(ca)) return bad_file("CA file " + ca, *fault, peer.ca_option());
  ERR_clear_error();
  if (SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return bad_file("CA file " + ca, "holds no certificate in PEM format", peer.ca_option());
  }
  if (!peer.files.certificate.empty())
    if (auto done = show_certificate(context, peer); !done) return done;
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
    auto* self = static_cast<VerificationWatch*>(watch);
    self->result_ = X509_STORE_CTX_get_error(store);
    if (accepted == 1) {
      self->chain_ = {};
      const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(store);
      for (int i = 0; i < sk_X509_num(chain); ++i)
        take_earlier(sk_X509_value(chain, i), self->chain_);
    }
    return accepted;
  };
  SSL_CTX_set_cert_verify_callback(context_, verify, this);
}

VerificationWatch::~VerificationWatch() {
  SSL_CTX_set_cert_verify_callback(context_, nullptr, nullptr);
}

CertificateExpiry VerificationWatch::first_to_expire() const {
  CertificateExpiry earliest = chain_;
  // Without a handshake ours would stand for all.
  if (earliest.unix_seconds != 0) take_earlier(SSL_CTX_get0_certificate(context_), earliest);
  return earliest;
}

std::optional<Error> certificate_refusal(std::string_view doing, const TlsPeer& peer) {
  const auto refused = refusal_in_words(ERR_peek_error(), peer);
  if (!refused) return std::nullopt;
  ERR_clear_error();
  return Error{ErrorKind::kConfiguration, std::string(doing) + ": " + *refused};
}

Error handshake_error(std::string_view doing, const TlsPeer& peer, long verification) {
  // The first error tells the cause; what follows comes of tidying up.
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const auto failed = [&](ErrorKind kind, const std::string& why) {
    return Error{kind, std::string(doing) + ": " + why};
  };
  if (verification != X509_V_OK)
    return failed(ErrorKind::kConfiguration, certificate_fault(peer, verification));
  if (const auto refused = refusal_in_words(code, peer))
    return failed(ErrorKind::kConfiguration, *refused);
  if (speaks_no_tls(code))
    return failed(ErrorKind::kConfiguration,
                  "it does not speak TLS on this port; name its TLS port, or ask for no TLS");
  // A connection that broke leaves no cause behind; then the first error is that of tidying up.
  const bool broke = code == 0 || ERR_GET_REASON(code) == SSL_R_SHUTDOWN_WHILE_IN_INIT;
  const char* reason = broke ? nullptr : ERR_reason_error_string(code);
  return failed(ErrorKind::kUnavailable,
                std::string("the TLS handshake failed: ") +
                    (reason != nullptr ? reason : "it was not completed (is this the TLS port?)"));
}

}  // namespace event_consumer
