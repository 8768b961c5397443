// Certificates: a CA of this run's own and what it has signed, made with the openssl command in a
// private directory. For servers on 127.0.0.1; they are worthless to anybody else.
#pragma once

#include <string>

#include "tests/support/files.h"

namespace event_consumer::testing {

// Two files in PEM format.
struct Certificate {
  std::string certificate_file;
  std::string key_file;
};

class Certificates {
 public:
  // Makes them all, in less than a second. Throws std::runtime_error when openssl fails.
  Certificates();

  std::string ca_file() const { return directory_.path() + "/ca.pem"; }
  // A CA that has signed none of those below.
  std::string other_ca_file() const { return directory_.path() + "/other-ca.pem"; }

  // Made out to localhost and 127.0.0.1.
  Certificate good() const { return named("good"); }
  // The same, for a few days more only.
  Certificate expiring() const { return named("expiring"); }
  Certificate expired() const { return named("expired"); }
  // Made out to elsewhere.example.
  Certificate wrong_host() const { return named("wrong-host"); }
  // Of a client, and one that no CA here has signed.
  Certificate client() const { return named("client"); }
  Certificate stranger() const { return named("other-ca"); }

 private:
  Certificate named(const std::string& name) const;
  void make_ca(const std::string& name) const;
  void make(const std::string& name, const std::string& alternative_names, int days) const;
  void openssl(const std::string& arguments) const;

  PrivateDirectory directory_{"certificates"};
};

// Those of this run, made when first asked for.
const Certificates& certificates();

}  // namespace event_consumer::testing
