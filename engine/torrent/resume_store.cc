#include "engine/torrent/resume_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "storage/io.h"
#include "storage/replace_file.h"

namespace btfast {
namespace {

// A file's share of a control file beside its path, and all that is there once.
constexpr std::size_t kFileOverhead = 128;
constexpr std::size_t kFixedSize = 4096;

// Of the file, or the top folder.
std::string top_name(storage::FileMap const& map) {
  for (auto const& file : map.files()) {
    if (!file.pad) return file.path.substr(0, file.path.find('/'));
  }
  return {};
}

}  // namespace

ResumeStore::ResumeStore(storage::FileStorage& files, Subject subject)
    : files_(files), subject_(subject) {}

std::string ResumeStore::name() const {
  return control_file_name(top_name(files_.map()), storage::io::name_max(files_.directory()));
}

std::string ResumeStore::path() const { return files_.directory_path() + name(); }

ResumePlan ResumeStore::plan() {
  auto const claim = load();
  if (claim && !subject_.ignore_claim) return judge(*claim);
  return {Bitfield{subject_.geometry.piece_count()}, everything_if_any_data()};
}

Bitfield ResumeStore::everything_if_any_data() const {
  return Bitfield{subject_.geometry.piece_count(), files_.had_any_data()};
}

std::optional<ResumeClaim> ResumeStore::load() {
  auto claim = read();
  if (claim) return *std::move(claim);
  Failure const& why = claim.error();
  if (why.code == Errc::kNotFound) return std::nullopt;
  log_event(LogLevel::kWarn, "resume_ignored",
            {{"path", path()},
             {"reason", failure_text(why)},
             {"effect", foreign_ ? "left alone; progress is not saved" : "everything is hashed"}});
  return std::nullopt;
}

Result<ResumeClaim> ResumeStore::read() {
  auto const fd = storage::io::open_beneath(files_.directory(), name(), storage::io::Access::kRead);
  if (!fd && fd.error().code == Errc::kNotFound) return Failure{Errc::kNotFound, {}};
  foreign_ = true;
  if (!fd) return Failure{fd.error().code, fd.error().sys_errno, "cannot open it"};
  auto const info = storage::io::info(fd->get());
  if (!info) return Failure{info.error().code, info.error().sys_errno, "cannot look at it"};
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(info->size, size_max() + 1)));
  if (auto const got = storage::io::read_at(fd->get(), bytes, 0); !got) {
    return Failure{Errc::kDiskIo, got.error().sys_errno, "cannot read it"};
  }
  foreign_ = !looks_like_resume(bytes);
  if (foreign_) return Failure{Errc::kUnsupported, "not a control file"};
  if (bytes.size() > size_max()) return Failure{Errc::kTooLarge, "longer than it can be"};
  auto claim = decode_resume(bytes, subject_.info_hash, subject_.geometry.piece_count());
  if (!claim) return claim;
  std::size_t files = 0;
  for (auto const& file : files_.map().files()) files += file.pad ? 0 : 1;
  if (claim->files.size() != files) return Failure{Errc::kBadBencode, "of another list of files"};
  return claim;
}

std::size_t ResumeStore::size_max() const {
  std::size_t size = kFixedSize + subject_.geometry.piece_count() / 8;
  for (auto const& file : files_.map().files()) size += file.path.size() + kFileOverhead;
  return size;
}

ResumePlan ResumeStore::judge(ResumeClaim const& claim) const {
  std::uint32_t const pieces = subject_.geometry.piece_count();
  ResumePlan plan{claim.verified, Bitfield{pieces}};
  Bitfield elsewhere{pieces};
  auto claimed = claim.files.begin();
  auto const files = files_.map().files();
  for (std::uint32_t f = 0; f < files.size(); ++f) {
    if (files[f].pad) continue;
    ResumeFile const& then = *claimed++;
    auto const found = files_.found_stamp(FileIndex{f});
    if (found.value_or(storage::FileStamp{}) != then.stamp || files[f].path != then.path) {
      mark_pieces_of(FileIndex{f}, plan.unsure);
    } else if (!found || files_.left_out(FileIndex{f})) {
      // Not there, now as then: what is claimed of it lies where no stamp speaks for it.
      mark_pieces_of(FileIndex{f}, elsewhere);
    }
  }
  for (std::uint32_t p = 0; p < pieces; ++p) {
    if (elsewhere.test(p) && claim.verified.test(p)) plan.unsure.set(p);
    if (plan.unsure.test(p)) plan.trusted.reset(p);
  }
  return plan;
}

void ResumeStore::mark_pieces_of(FileIndex file, Bitfield& pieces) const {
  std::uint64_t const length = files_.map().file(file).length;
  if (length == 0) return;
  std::uint64_t const begin = files_.map().file_offset(file);
  std::uint64_t const piece_length = subject_.geometry.piece_length();
  auto const last = static_cast<std::uint32_t>((begin + length - 1) / piece_length);
  for (auto p = static_cast<std::uint32_t>(begin / piece_length); p <= last; ++p) pieces.set(p);
}

Outcome ResumeStore::save(Bitfield const& verified) {
  if (foreign_) return kOk;
  ResumeClaim claim{.info_hash = subject_.info_hash, .verified = verified, .files = {}};
  auto const files = files_.map().files();
  for (std::uint32_t f = 0; f < files.size(); ++f) {
    if (files[f].pad) continue;
    auto const stamp = files_.stamp(FileIndex{f});
    if (!stamp) return stamp.error();
    claim.files.push_back({files[f].path, *stamp});
  }
  auto const saved = storage::replace_file(files_.directory(), name(), encode_resume(claim));
  if (saved) return kOk;
  return Failure{saved.error().code, saved.error().sys_errno, "cannot save " + path()};
}

void ResumeStore::remove() {
  if (foreign_) return;
  std::size_t const name_max = storage::io::name_max(files_.directory());
  for (auto const& own : {name(), storage::replacement_name(name(), name_max)}) {
    // A read-only file system refuses to remove even what is not there.
    auto const there = storage::io::info_beneath(files_.directory(), own);
    if (!there && there.error().code == Errc::kNotFound) continue;
    auto const gone = storage::io::unlink(files_.directory(), own);
    if (gone || gone.error().code == Errc::kNotFound) continue;
    log_event(LogLevel::kWarn, "resume_left",
              {{"path", path()}, {"reason", error_text(gone.error())}});
  }
}

}  // namespace btfast
