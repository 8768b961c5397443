#include "tests/support/small_disk.h"

#include <fstream>

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

void fill_disk(const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string piece(4096, 'x');
  while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
  }
}

}  // namespace event_consumer::testing
