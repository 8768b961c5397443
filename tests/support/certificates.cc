#include "tests/support/certificates.h"

#include <chrono>
#include <sstream>
#include <stdexcept>

#include "tests/support/process.h"

namespace event_consumer::testing {

namespace {

const std::string kNewKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

}  // namespace

Certificates::Certificates() {
  make_ca("ca");
  make_ca("other-ca");
  const std::string here = "DNS:localhost,IP:127.0.0.1";
  make("good", here, 30);
  make("expiring", here, 10);
  make("expired", here, -1);
  make("client", here, 30);
  make("wrong-host", "DNS:elsewhere.example", 30);
}

Certificate Certificates::named(const std::string& name) const {
  const std::string path = directory_.path() + '/' + name;
  return {path + ".pem", path + ".key"};
}

void Certificates::make_ca(const std::string& name) const {
  openssl("req -x509 " + kNewKey + " -days 30 -subj /CN=" + name + " -keyout " + name +
          ".key -out " + name + ".pem");
}

void Certificates::make(const std::string& name, const std::string& alternative_names,
                        int days) const {
  openssl("req -new " + kNewKey + " -subj /CN=" + name + " -keyout " + name + ".key -out " + name +
          ".csr");
  write_file(directory_.path() + "/extensions", "subjectAltName=" + alternative_names + '\n');
  openssl("x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days " +
          std::to_string(days) + " -extfile extensions -out " + name + ".pem");
}

void Certificates::openssl(const std::string& arguments) const {
  Command command;
  command.argv = {"openssl"};
  std::istringstream words(arguments);
  for (std::string word; words >> word;) command.argv.push_back(word);
  command.working_directory = directory_.path();
  const Finished finished = run(command, std::chrono::seconds(30));
  if (!finished.ok())
    throw std::runtime_error("openssl " + arguments + ": " + finished.error_output);
}

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

}  // namespace event_consumer::testing
