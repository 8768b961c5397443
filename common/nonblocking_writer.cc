#include "common/nonblocking_writer.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace event_consumer {

NonblockingWriter::NonblockingWriter(int fd) : fd_(fd) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) return;
  if (S_ISSOCK(facts.st_mode)) way_ = Way::kSend;
  if (!S_ISFIFO(facts.st_mode) && isatty(fd) == 0) return;
  // O_NONBLOCK belongs to the open file description, which a shell or our own parent may hold too:
  // so the pipe or the terminal is opened once more, for us alone. That fails for one of another
  // user.
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  own_ = UniqueFd(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (own_)
    fd_ = own_.get();
  else
    way_ = Way::kPoll;
}

int NonblockingWriter::write(std::string_view text) {
  std::string_view first = end_;
  const int error = write_some(first);
  end_.erase(0, end_.size() - first.size());
  if (error != 0) return error;

  const std::size_t size = text.size();
  const int second_error = write_some(text);
  if (text.size() == size) return second_error;
  end_ = text;
  return 0;
}

int NonblockingWriter::write_some(std::string_view& text) const {
  while (!text.empty()) {
    const ssize_t count = write_once(text);
    if (count >= 0)
      text.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

ssize_t NonblockingWriter::write_once(std::string_view text) const {
  if (way_ == Way::kSend) return send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (way_ == Way::kWrite) return ::write(fd_, text.data(), text.size());
  // A pipe that can be written to has room for PIPE_BUF bytes. Only another process that writes
  // between the two calls could fill it.
  pollfd room{fd_, POLLOUT, 0};
  const int ready = poll(&room, 1, 0);
  if (ready == 0) errno = EAGAIN;
  if (ready <= 0) return -1;
  return ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
}

}  // namespace event_consumer
