#include "storage/file_pool.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace btfast::storage {
namespace {

constexpr std::uint64_t kUsesMask = 0x3fff'ffff;
constexpr std::uint64_t kReadOnly = 0x4000'0000;
constexpr std::uint64_t kUsedLately = 0x8000'0000;
constexpr int kDescriptorShift = 32;

// With EMFILE the pool closes a file of its own and tries again, this often.
constexpr int kMakeRoomMax = 16;

int descriptor_of(std::uint64_t slot) noexcept {
  return static_cast<int>(slot >> kDescriptorShift) - 1;
}

}  // namespace

FilePool::Use::Use(std::atomic<std::uint64_t>& slot, std::uint64_t word) noexcept
    : slot_(&slot), fd_(descriptor_of(word)), writable_((word & kReadOnly) == 0) {}

FilePool::Use::~Use() {
  // release: what was done with the descriptor comes before its closing.
  if (slot_ != nullptr) slot_->fetch_sub(1, std::memory_order_release);
}

FilePool::FilePool(int root, FileMap const& map, io::Access access, std::size_t open_max,
                   Keeper keeper)
    : root_(root),
      map_(map),
      access_(access),
      open_max_(std::max<std::size_t>(open_max, 1)),
      keeper_(std::move(keeper)),
      linked_(map.files().size(), access == io::Access::kRead),
      only_read_(map.files().size()),
      slots_(std::make_unique<std::atomic<std::uint64_t>[]>(map.files().size())) {}

FilePool::~FilePool() {
  MutexLock const lock{mutex_};
  for (std::uint32_t const file : open_) {
    std::uint64_t const slot = slots_[file].load(std::memory_order_acquire);
    BTF_CHECK((slot & kUsesMask) == 0);
    Fd{descriptor_of(slot)}.reset();
  }
}

void FilePool::set_access(io::Access access) {
  access_ = access;
  std::vector<std::uint32_t> open;
  {
    MutexLock const lock{mutex_};
    open = open_;
  }
  for (std::uint32_t const file : open) (void)forget(FileIndex{file});
}

std::optional<FilePool::Use> FilePool::try_use(FileIndex file) noexcept {
  auto& slot = slots_[file.value];
  std::uint64_t seen = slot.load(std::memory_order_relaxed);
  while (seen != 0) {
    // acquire: pairs with the opener's release.
    if (slot.compare_exchange_weak(seen, (seen | kUsedLately) + 1, std::memory_order_acquire,
                                   std::memory_order_relaxed)) {
      return Use{slot, seen};
    }
  }
  return std::nullopt;
}

Expected<FilePool::Use> FilePool::use(FileIndex file) {
  if (auto open_already = try_use(file)) return std::move(*open_already);
  Victim victim;
  {
    MutexLock const lock{mutex_};
    if (open_.size() + opening_ >= open_max_) victim = evict_one();
    ++opening_;
  }
  close(std::move(victim));
  // Opened without the mutex: a disk that hangs holds up nobody else's open.
  auto opened = open(file);
  MutexLock const lock{mutex_};
  --opening_;
  if (!opened) return opened.error();
  // A rival may have been faster: then ours is closed, and theirs used.
  if (auto rival = try_use(file)) return std::move(*rival);
  return publish(file, *std::move(opened));
}

bool FilePool::forget(FileIndex file) {
  auto& slot = slots_[file.value];
  Victim victim{file, {}};
  {
    MutexLock const lock{mutex_};
    std::uint64_t seen = slot.load(std::memory_order_relaxed);
    if (seen == 0) return true;
    if ((seen & kUsesMask) != 0) return false;
    if (!slot.compare_exchange_strong(seen, 0, std::memory_order_acquire)) return false;
    victim.fd = Fd{descriptor_of(seen)};
    open_.erase(std::find(open_.begin(), open_.end(), file.value));
  }
  close(std::move(victim));
  return true;
}

void FilePool::close(Victim victim) {
  if (victim.fd && keeper_.close) keeper_.close(victim.file, std::move(victim.fd));
}

std::size_t FilePool::open_count() {
  MutexLock const lock{mutex_};
  return open_.size();
}

std::size_t FilePool::default_open_max() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return limits::kOpenFiles;
  }
  auto const allowed = static_cast<std::uint64_t>(limit.rlim_cur);
  std::uint64_t const reserved = limits::kReservedFds;
  // Half of what is left: the other half is the peers'.
  std::uint64_t const ours = allowed > reserved ? (allowed - reserved) / 2 : 1;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(ours, 1, limits::kOpenFiles));
}

Expected<FilePool::Opened> FilePool::open(FileIndex file) {
  bool const only_read =
      access_ == io::Access::kRead || linked_[file.value] || only_read_[file.value];
  auto fd = open_for(file, only_read ? io::Access::kRead : io::Access::kWrite);
  if (fd) return Opened{*std::move(fd), only_read};
  if (fd.error().code != Errc::kPermission) return fd.error();
  auto to_read = open_for(file, io::Access::kRead);
  if (!to_read) return fd.error();
  return Opened{*std::move(to_read), true};
}

Expected<Fd> FilePool::open_for(FileIndex file, io::Access access) {
  for (int tries = 0;; ++tries) {
    auto fd = open_once(file, access);
    bool const no_room = !fd && (fd.error().sys_errno == EMFILE || fd.error().sys_errno == ENFILE);
    if (!no_room || tries == kMakeRoomMax) return fd;
    Victim victim;
    {
      MutexLock const lock{mutex_};
      victim = evict_one();
    }
    if (!victim.fd) return fd;
    close(std::move(victim));
  }
}

Expected<Fd> FilePool::open_once(FileIndex file, io::Access access) {
  std::string const& path = map_.file(file).path;
  if (access == io::Access::kRead && linked_[file.value])
    return io::open_through_links(root_, path);
  auto fd = io::open_beneath(root_, path, access);
  if (!fd || !keeper_.is_meant) return fd;
  auto const meant = keeper_.is_meant(file, fd->get());
  if (!meant) return meant.error();
  if (!*meant) return Error{Errc::kNotFound, kReplaced};
  return fd;
}

// Second chance: a file used since the hand last passed is passed over once more.  Nearly
// least recently used, and a use costs no list to reorder.
FilePool::Victim FilePool::evict_one() {
  for (std::size_t looked = 0; looked < 2 * open_.size(); ++looked) {
    if (hand_ >= open_.size()) hand_ = 0;
    auto& slot = slots_[open_[hand_]];
    std::uint64_t seen = slot.load(std::memory_order_relaxed);
    if ((seen & kUsesMask) == 0) {
      if ((seen & kUsedLately) != 0) {
        slot.fetch_and(~kUsedLately, std::memory_order_relaxed);
        // acquire: every transfer of a past use comes before the close.
      } else if (slot.compare_exchange_strong(seen, 0, std::memory_order_acquire)) {
        FileIndex const file{open_[hand_]};
        open_[hand_] = open_.back();
        open_.pop_back();
        return {file, Fd{descriptor_of(seen)}};
      }
    }
    ++hand_;
  }
  return {};
}

FilePool::Use FilePool::publish(FileIndex file, Opened opened) {
  auto const number = static_cast<std::uint64_t>(opened.fd.release());
  open_.push_back(file.value);
  std::uint64_t const word =
      (number + 1) << kDescriptorShift | kUsedLately | (opened.read_only ? kReadOnly : 0) | 1;
  slots_[file.value].store(word, std::memory_order_release);
  return Use{slots_[file.value], word};
}

}  // namespace btfast::storage
