#include "tests/support/small_disk.h"

#include "tests/support/process.h"

namespace event_consumer::testing {

std::string with_disk(const PrivateDirectory& scripts, const std::string& path,
                      const std::string& size) {
  const std::string program = scripts.path() + "/with-disk";
  write_file(program,
             "#!/bin/sh\nexec unshare --mount sh -c 'mount -t tmpfs -o size=" + size + " tmpfs " +
                 path + " && exec " + program_directory() + "/event-consumer'\n",
             0755);
  return program;
}

}  // namespace event_consumer::testing
