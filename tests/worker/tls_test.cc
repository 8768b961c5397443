#include "worker/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "common/text.h"
#include "tests/common/temporary_file.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::TemporaryFile;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

Context new_context() { return Context(SSL_CTX_new(TLS_client_method())); }

const TlsPeer kPeer{"db.example", {"/ca.pem", "", ""}, "--the"};

std::string words_for(long verification) {
  const Error error = handshake_error("cannot connect", kPeer, verification);
  CHECK(error.kind == ErrorKind::kConfiguration);
  CHECK(error.message.find("cannot connect: ") == 0);
  return error.message;
}

TEST_CASE("TLS: without a CA file the system's is trusted", "[tls]") {
  CHECK(with_trusted_ca({}).ca == "/etc/ssl/certs/ca-certificates.crt");
  CHECK(with_trusted_ca({"/ca.pem", "", ""}).ca == "/ca.pem");
}

TEST_CASE("TLS: a CA file that cannot be used is configuration and named", "[tls]") {
  const TemporaryFile no_certificate("secret\n");
  for (const auto& [path, reason] : {std::pair("/nonexistent/ca.pem", "No such file"),
                                     std::pair(no_certificate.path().c_str(), "PEM format")}) {
    const Context context = new_context();
    const auto done = demand_verified_peer(context.get(), {"db.example", {path, "", ""}, "--the"});
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().kind == ErrorKind::kConfiguration);
    CHECK(contains(done.error().message, path));
    CHECK(contains(done.error().message, reason));
    CHECK(contains(done.error().message, "--the-ca-file"));
  }
}

TEST_CASE("TLS: a file of our certificate that cannot be used is configuration and named",
          "[tls]") {
  const TemporaryFile nonsense("secret\n");
  for (const auto& [files, reason] :
       {std::pair(TlsFiles{"", "/nonexistent/c.pem", ""}, "certificate file /nonexistent/c.pem"),
        std::pair(TlsFiles{"", nonsense.path(), ""}, "holds no certificate in PEM format"),
        std::pair(TlsFiles{"", nonsense.path(), "/nonexistent/k"}, "key file /nonexistent/k")}) {
    const Context context = new_context();
    const auto done =
        demand_verified_peer(context.get(), {"db.example", with_trusted_ca(files), "--the"});
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().kind == ErrorKind::kConfiguration);
    CHECK(contains(done.error().message, reason));
    CHECK(contains(done.error().message, "(see --the-"));
    CHECK_FALSE(contains(done.error().message, "secret"));
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("TLS: what a server says against our certificate is configuration", "[tls]") {
  const auto said = [](int reason, const std::string& certificate) {
    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, reason);
    const auto refused =
        certificate_refusal("cannot log in", {"db.example", {"", certificate, ""}, "--the"});
    if (!refused) return std::string("nothing");
    CHECK(refused->kind == ErrorKind::kConfiguration);
    return refused->message;
  };
  CHECK(said(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "") ==
        "cannot log in: it wants a certificate of ours: name one with --the-certificate-file");
  CHECK(said(SSL_R_TLSV1_ALERT_UNKNOWN_CA, "/c.pem") ==
        "cannot log in: it does not accept our certificate in /c.pem: it does not know the CA that "
        "signed it");
  CHECK(contains(said(SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "/c.pem"), "has expired"));
  CHECK(said(SSL_R_UNEXPECTED_EOF_WHILE_READING, "/c.pem") == "nothing");
  CHECK(said(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "/c.pem") == "nothing");
  CHECK(contains(said(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, ""), "may want a certificate"));
  ERR_clear_error();
}

TEST_CASE("TLS: chain, name and version are demanded of every handshake", "[tls]") {
  for (const std::string host : {"db.example", "192.0.2.1", "2001:db8::1"}) {
    const Context context = new_context();
    REQUIRE(demand_verified_peer(context.get(), {host, with_trusted_ca({}), "--the"}).ok());
    CHECK(SSL_CTX_get_verify_mode(context.get()) == SSL_VERIFY_PEER);
    CHECK(SSL_CTX_get_min_proto_version(context.get()) == TLS1_2_VERSION);
    X509_VERIFY_PARAM* demands = SSL_CTX_get0_param(context.get());
    char* address = X509_VERIFY_PARAM_get1_ip_asc(demands);
    CHECK((address != nullptr) == (host != "db.example"));
    OPENSSL_free(address);
    if (host == "db.example") CHECK(X509_VERIFY_PARAM_get0_host(demands, 0) == host);
  }
}

TEST_CASE("TLS: what is wrong with a certificate is said with the remedy", "[tls]") {
  CHECK(contains(words_for(X509_V_ERR_CERT_HAS_EXPIRED), "renew it"));
  CHECK(contains(words_for(X509_V_ERR_CERT_NOT_YET_VALID), "compare the clocks"));
  CHECK(contains(words_for(X509_V_ERR_HOSTNAME_MISMATCH), "not made out to db.example"));
  CHECK(contains(words_for(X509_V_ERR_IP_ADDRESS_MISMATCH), "not made out to db.example"));
  for (const long verification :
       {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE})
    CHECK(contains(words_for(verification),
                   "no CA in /ca.pem: name the file of its CA with --the-ca"));
  CHECK(contains(words_for(X509_V_ERR_CERT_REVOKED), "revoked"));
}

TEST_CASE("TLS: other failures of a handshake may pass", "[tls]") {
  ERR_clear_error();
  const Error silent = handshake_error("cannot connect", kPeer, X509_V_OK);
  CHECK(silent.kind == ErrorKind::kUnavailable);
  CHECK(contains(silent.message, "was not completed"));

  ERR_raise(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING);
  const Error cut = handshake_error("cannot connect", kPeer, X509_V_OK);
  CHECK(cut.kind == ErrorKind::kUnavailable);
  CHECK(contains(cut.message, "unexpected eof"));
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("TLS: a server that speaks none is configuration, whatever came of tidying up", "[tls]") {
  ERR_clear_error();
  ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
  ERR_raise(ERR_LIB_SSL, SSL_R_SHUTDOWN_WHILE_IN_INIT);
  const Error error = handshake_error("cannot connect", kPeer, X509_V_OK);
  CHECK(error.kind == ErrorKind::kConfiguration);
  CHECK(contains(error.message, "does not speak TLS on this port"));
}

}  // namespace
}  // namespace event_consumer
