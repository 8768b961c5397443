// The files that one end of TLS is made of.
#pragma once

#include <string>

namespace event_consumer {

// Each in PEM format. Empty ones: the system's CAs are trusted, no certificate is shown, and the
// key stands in the file of the certificate.
struct TlsFiles {
  std::string ca;           // of the CAs to trust
  std::string certificate;  // our own, with those between it and its CA
  std::string key;          // of our own
};

}  // namespace event_consumer
