// The part of `check` that tells how long the certificates of a connection last.
#pragma once

#include <cstdint>
#include <string>

#include "worker/commands/check_report.h"
#include "worker/tls.h"

namespace event_consumer {

// Reports the certificate that expires first of those that the connection to `server` hangs on, as
// a note when that is within 14 days of `now`; nothing when there is none.
void report_expiry(const std::string& server, const CertificateExpiry& first, std::int64_t now,
                   Report& report);

// The same as of now.
void report_expiry(const std::string& server, const CertificateExpiry& first, Report& report);

}  // namespace event_consumer
