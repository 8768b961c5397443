// shared_mapping DIRECTORY: makes a file there, maps it shared, and looks whether a child process
// sees through a mapping of its own what is written here.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr std::size_t kBytes = 1 << 20;

int* map_shared(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, kBytes) != 0) {
    std::perror(path.c_str());
    std::exit(EXIT_FAILURE);
  }
  void* data = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (data == MAP_FAILED) {
    std::perror("mmap");
    std::exit(EXIT_FAILURE);
  }
  return static_cast<int*>(data);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return EXIT_FAILURE;
  const std::string path = std::string(argv[1]) + "/mapping";
  int* ours = map_shared(path);
  *ours = 4711;
  const pid_t child = fork();
  if (child == 0) {
    int* theirs = map_shared(path);
    if (*theirs != 4711) _exit(EXIT_FAILURE);
    *theirs = 1174;
    _exit(EXIT_SUCCESS);
  }
  int status = -1;
  if (waitpid(child, &status, 0) != child || status != 0 || *ours != 1174) {
    std::fprintf(stderr, "a mapping of %s is not shared\n", path.c_str());
    return EXIT_FAILURE;
  }
  unlink(path.c_str());
  return EXIT_SUCCESS;
}
