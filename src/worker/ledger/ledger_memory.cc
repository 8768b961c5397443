#include "worker/ledger/ledger_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace event_consumer {
namespace {

constexpr std::uint64_t kPage = 4096;
static_assert(sizeof(LedgerRow) == kPage);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

constexpr std::uint64_t kRowsAt = kPage;  // behind the head
constexpr std::uint64_t kRingBytes = LedgerMemory::kEntries * sizeof(LedgerEntry);
constexpr std::uint64_t kRingsAt = kRowsAt + LedgerMemory::kRows * kPage;
constexpr std::uint64_t kBytesAt = kRingsAt + LedgerMemory::kRows * kRingBytes;
// Nearly all of it is never written, and takes no memory.
constexpr std::uint64_t kSize =
    kBytesAt + std::uint64_t{LedgerMemory::kRows} * LedgerRow::kRecords * LedgerMemory::kMostBytes;

Error failed(const char* what) {
  return {ErrorKind::kInternal, std::string("ledger: ") + what + ": " + std::strerror(errno)};
}

std::uint64_t bytes_at(int row, int record) {
  const auto place = static_cast<std::uint64_t>(row * LedgerRow::kRecords + record);
  return kBytesAt + place * LedgerMemory::kMostBytes;
}

std::uint64_t ring_at(int row) { return kRingsAt + static_cast<std::uint64_t>(row) * kRingBytes; }

bool write_all(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t wrote = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return true;
}

}  // namespace

Result<LedgerMemory> LedgerMemory::without_sharing() {
  auto fd = make_ledger_file();
  if (!fd) return fd.error();
  auto memory = attach(std::move(*fd));
  if (memory) memory->is_shared_ = false;
  return memory;
}

Result<LedgerMemory> LedgerMemory::attach(UniqueFd fd) {
  LedgerMemory memory(std::move(fd));
  struct stat status;
  if (fstat(memory.fd(), &status) != 0) return failed("fstat");
  // Whoever comes first makes it as large as it has to be; it never shrinks.
  if (static_cast<std::uint64_t>(status.st_size) < kSize &&
      ftruncate(memory.fd(), static_cast<off_t>(kSize)) != 0)
    return failed("ftruncate");
  if (auto done = memory.map(); !done) return done.error();
  if (!memory.take_room(0, kRingsAt)) return failed("fallocate");
  return memory;
}

Result<Done> LedgerMemory::map() {
  void* first = map_part(0, kRingsAt);
  if (first == nullptr) return failed("mmap");
  head_ = static_cast<Head*>(first);
  rows_ = reinterpret_cast<LedgerRow*>(static_cast<char*>(first) + kRowsAt);
  return Done{};
}

void* LedgerMemory::map_part(std::uint64_t offset, std::size_t bytes) const {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(),
                    static_cast<off_t>(offset));
  return data == MAP_FAILED ? nullptr : data;
}

// Whoever writes to a page of a file for which there is no room is killed (SIGBUS): so the room is
// taken before. Memory without a name takes it page by page.
bool LedgerMemory::take_room(std::uint64_t offset, std::uint64_t bytes) const {
  if (!is_file()) return true;
  errno = posix_fallocate(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes));
  return errno == 0;
}

LedgerMemory::LedgerMemory(LedgerMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      is_shared_(other.is_shared_),
      rows_(std::exchange(other.rows_, nullptr)),
      head_(std::exchange(other.head_, nullptr)),
      rings_(std::exchange(other.rings_, {})) {}

LedgerMemory::~LedgerMemory() {
  if (head_ != nullptr) munmap(head_, kRingsAt);
  for (LedgerEntry* ring : rings_)
    if (ring != nullptr) munmap(ring, kRingBytes);
}

LedgerEntry& LedgerMemory::entry(int row, std::uint64_t index) {
  LedgerEntry*& ring = rings_[static_cast<std::size_t>(row)];
  if (ring == nullptr) {
    ring = static_cast<LedgerEntry*>(map_part(ring_at(row), kRingBytes));
    if (ring == nullptr) throw std::bad_alloc();
  }
  return ring[index % kEntries];
}

bool LedgerMemory::write_bytes(int row, int record, std::string_view head,
                               std::string_view rows) const {
  if (head.size() + rows.size() > kMostBytes) return false;
  const std::uint64_t offset = bytes_at(row, record);
  return write_all(fd_.get(), head, offset) && write_all(fd_.get(), rows, offset + head.size());
}

bool LedgerMemory::read_bytes(int row, int record, std::string& bytes) const {
  std::uint64_t offset = bytes_at(row, record);
  for (std::size_t have = 0; have < bytes.size();) {
    const ssize_t got = pread(fd_.get(), bytes.data() + have, bytes.size() - have,
                              static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

bool LedgerMemory::claim(int row) const {
  if (!take_room(ring_at(row), kRingBytes)) return false;
  const auto used = static_cast<std::uint64_t>(row) + 1;
  std::uint64_t before = head_->rows_used;
  while (before < used && !head_->rows_used.compare_exchange_weak(before, used)) continue;
  return true;
}

}  // namespace event_consumer
