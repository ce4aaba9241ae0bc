#include "engine/torrent/resume_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "engine/torrent/file_pieces.h"
#include "engine/torrent/hollow_pieces.h"
#include "engine/torrent/output_guard.h"
#include "storage/io.h"

namespace btfast {
namespace {

// A file's share of a control file beside its path, and all that is there once.
constexpr std::size_t kFileOverhead = 160;
constexpr std::size_t kFixedSize = 4096;

// Of the file, or the top folder.
std::string top_name(storage::FileMap const& map) {
  for (auto const& file : map.files()) {
    if (!file.pad) return file.path.substr(0, file.path.find('/'));
  }
  return {};
}

// Without looking into it.
bool is_as_noted(storage::FoundFile const& found, ResumeFile const& then) {
  return found.stamp == then.stamp && found.identity == then.identity;
}

}  // namespace

ResumeStore::ResumeStore(storage::FileStorage& files, Subject subject)
    : files_(files), subject_(std::move(subject)) {}

std::string ResumeStore::name() const {
  return control_file_name(top_name(files_.map()), storage::io::name_max(files_.directory()));
}

std::string ResumeStore::new_name() const {
  return storage::replacement_name(name(), storage::io::name_max(files_.directory()));
}

std::string ResumeStore::path() const { return files_.directory_path() + name(); }

ResumePlan ResumeStore::plan() {
  std::uint32_t const pieces = subject_.geometry.piece_count();
  auto claim = load();
  bool const believed = claim && !subject_.ignore_claim;
  ResumePlan plan =
      believed ? judge(*claim) : ResumePlan{Bitfield{pieces}, Bitfield{pieces, true}, {}, {}};
  if (claim) {
    plan.vouched = vouched_by(*claim);
    plan.kill = {claim->verified, claim->half_written};
    half_before_ = claim->half_written;
    said_ = std::move(claim->files);
  }
  return plan;
}

Outcome ResumeStore::admit(ResumePlan const& plan, Bitfield const& good) {
  if (in_the_way_ && anything_to_fetch(good)) return *in_the_way_;
  auto admitted = guard_output(files_, {.geometry = subject_.geometry,
                                        .good = good,
                                        .vouched = plan.vouched,
                                        .kill = plan.kill,
                                        .overwrite = subject_.overwrite,
                                        .remedy = subject_.remedy});
  if (admitted) set_aside(plan.vouched);
  return admitted;
}

void ResumeStore::set_aside(std::vector<Vouch> const& vouched) {
  auto said = std::exchange(said_, {});
  auto next = said.begin();
  for (std::uint32_t f = 0; f < vouched.size(); ++f) {
    FileIndex const file{f};
    if (files_.map().file(file).pad) continue;
    bool const torn = vouched[f] == Vouch::kIfTorn && files_.left_out(file);
    if (torn && !files_.is_ours(file)) set_aside_.emplace(f, std::move(*next));
    ++next;
  }
}

// Of what is somebody else's nothing is claimed: once it is wanted, it is hashed as it stands.
ResumeFile ResumeStore::said_of_others(FileIndex file) const {
  auto const aside = set_aside_.find(file.value);
  if (aside != set_aside_.end()) return aside->second;
  return {files_.map().file(file).path, {}, {}};
}

Outcome ResumeStore::announce(Bitfield const& good) {
  auto const claim = claim_before_making(good);
  if (foreign_ || !claim) return kOk;
  if (auto const ready = files_.make_directory(); !ready) return ready;
  // Of two programs that begin at once, one may have begun to save.
  if (!found_ && storage::io::info_beneath(files_.directory(), name())) return kOk;
  bool const durable = found_ || !good.none();
  // That nothing can be saved is told when the files are there.
  (void)write(*claim, durable ? storage::Durable::kYes : storage::Durable::kNo);
  return kOk;
}

std::optional<ResumeClaim> ResumeStore::claim_before_making(Bitfield const& good) const {
  // Of a file that is noted as it stands, what is right must be, too: it is not hashed again.
  ResumeClaim claim = blank_claim(good);
  bool anything_to_make = false;
  auto const files = files_.map().files();
  for (std::uint32_t f = 0; f < files.size(); ++f) {
    FileIndex const file{f};
    if (files[f].pad) continue;
    auto const& found = files_.found(file);
    ResumeFile now = said_of_others(file);
    if (found && files_.is_ours(file)) {
      now.stamp = found->stamp;
      now.identity = found->identity;
    } else if (!found && !files_.left_out(file) && files[f].length > 0) {
      now.stamp.size = files[f].length;
      anything_to_make = true;
    }
    claim.files.push_back(std::move(now));
  }
  return anything_to_make ? std::optional{std::move(claim)} : std::nullopt;
}

bool ResumeStore::anything_to_fetch(Bitfield const& good) const {
  Bitfield wanted{good.size()};
  for (std::uint32_t f = 0; f < files_.map().files().size(); ++f) {
    FileIndex const file{f};
    if (!files_.map().file(file).pad && !files_.left_out(file)) mark_pieces_of(file, wanted);
  }
  for (std::uint32_t p = 0; p < good.size(); ++p) {
    if (wanted.test(p) && !good.test(p)) return true;
  }
  return false;
}

std::optional<ResumeClaim> ResumeStore::load() {
  auto claim = read();
  bool const fresh = !claim && claim.error().code == Errc::kNotFound;
  found_ = !fresh && !foreign_;
  if (!in_the_way_ && foreign_replacement()) in_the_way_ = not_a_control_file(new_name());
  foreign_ = foreign_ || in_the_way_;
  if (claim) return *std::move(claim);
  // What is in the way is told where it is refused.
  if (fresh || in_the_way_) return std::nullopt;
  log_event(LogLevel::kWarn, "resume_ignored",
            {{"path", path()},
             {"reason", failure_text(claim.error())},
             {"effect", foreign_ ? "left alone; progress is not saved" : "everything is hashed"}});
  return std::nullopt;
}

Failure ResumeStore::not_a_control_file(std::string const& name) const {
  return {Errc::kUnsafePath, files_.directory_path() + name +
                                 ": is there already, and not this torrent's control file, "
                                 "whose name it has; move it out of the way"};
}

// Where the next control file is made; what a killed process left there is ours, but another
// torrent of the same top name may have been killed too.
bool ResumeStore::foreign_replacement() const {
  if (files_.directory() < 0) return false;
  auto const fd =
      storage::io::open_beneath(files_.directory(), new_name(), storage::io::Access::kRead);
  if (!fd) return fd.error().code != Errc::kNotFound;
  auto const info = storage::io::info(fd->get());
  std::vector<std::byte> bytes(info ? static_cast<std::size_t>(std::min(info->size, size_max()))
                                    : 0);
  if (!info || !storage::io::read_at(fd->get(), bytes, 0)) return true;
  auto const whose = control_file_of(bytes, subject_.info_hash);
  return whose != ControlFile::kNobodys && whose != ControlFile::kThisTorrents;
}

Result<ResumeClaim> ResumeStore::read() {
  if (files_.directory() < 0) return Failure{Errc::kNotFound, {}};
  auto const fd = storage::io::open_beneath(files_.directory(), name(), storage::io::Access::kRead);
  if (!fd && fd.error().code == Errc::kNotFound) return Failure{Errc::kNotFound, {}};
  foreign_ = true;
  in_the_way_ = not_a_control_file(name());
  if (!fd) {
    if (fd.error().code == Errc::kPermission) {
      in_the_way_ = Failure{fd.error().code, fd.error().sys_errno,
                            "cannot read " + path() + ", where progress is noted"};
    }
    return Failure{fd.error().code, fd.error().sys_errno, "cannot open it"};
  }
  auto const info = storage::io::info(fd->get());
  if (!info) return Failure{info.error().code, info.error().sys_errno, "cannot look at it"};
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(info->size, size_max() + 1)));
  if (auto const got = storage::io::read_at(fd->get(), bytes, 0); !got) {
    return Failure{Errc::kDiskIo, got.error().sys_errno, "cannot read it"};
  }
  auto const whose = control_file_of(bytes, subject_.info_hash);
  bool const too_long = bytes.size() > size_max();
  bool const ours = whose == ControlFile::kThisTorrents || whose == ControlFile::kNobodys;
  if (whose == ControlFile::kNone) return Failure{Errc::kUnsupported, "not a control file"};
  if (ours && too_long) {
    return Failure{Errc::kTooLarge, "longer than this torrent's can be"};
  }
  in_the_way_.reset();
  if (whose == ControlFile::kAnotherTorrents) return Failure{Errc::kRefused, "of another torrent"};
  foreign_ = false;
  return decode(bytes);
}

Result<ResumeClaim> ResumeStore::decode(std::span<std::byte const> bytes) const {
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
  ResumePlan plan{claim.verified, Bitfield{pieces}, {}, {}};
  Bitfield elsewhere{pieces};
  auto claimed = claim.files.begin();
  auto const files = files_.map().files();
  for (std::uint32_t f = 0; f < files.size(); ++f) {
    if (files[f].pad) continue;
    ResumeFile const& then = *claimed++;
    auto const& found = files_.found(FileIndex{f});
    bool const same = found ? is_as_noted(*found, then) : then.identity.inode == 0;
    if (!same || files[f].path != then.path) {
      mark_pieces_of(FileIndex{f}, plan.unsure);
    } else if (!found || files_.left_out(FileIndex{f})) {
      // Not there, now as then: what is claimed of it lies where no stamp speaks for it.
      mark_pieces_of(FileIndex{f}, elsewhere);
    }
  }
  Bitfield const hollow = hollow_pieces(files_, subject_.geometry);
  for (std::uint32_t p = 0; p < pieces; ++p) {
    bool const in_doubt = elsewhere.test(p) || hollow.test(p);
    if (in_doubt && claim.verified.test(p)) plan.unsure.set(p);
    if (plan.unsure.test(p)) plan.trusted.reset(p);
  }
  return plan;
}

std::vector<Vouch> ResumeStore::vouched_by(ResumeClaim const& claim) const {
  auto const files = files_.map().files();
  std::vector<Vouch> vouched(files.size());
  auto then = claim.files.begin();
  for (std::uint32_t f = 0; f < files.size(); ++f) {
    if (!files[f].pad) vouched[f] = vouches(claim, *then++, FileIndex{f});
  }
  return vouched;
}

// A file as it was left is ours.  One that changed since may be ours still, where we can have
// changed it ourselves: a process that is killed leaves its last writes, at whatever time by a
// clock that may have been set.  One that changed its number only, and was born when ours was (or
// where no time of birth is kept), lies where numbers are made up.  One of another birth is another
// file, and whoever put it there can give it any size and time.
Vouch ResumeStore::vouches(ResumeClaim const& claim, ResumeFile const& then, FileIndex file) const {
  auto const& found = files_.found(file);
  auto const& spec = files_.map().file(file);
  if (!found) return Vouch::kNo;
  // The file system may have refused the name that it was about to get.
  if (then.identity.inode == 0) return then.stamp.size > 0 ? Vouch::kIfBlank : Vouch::kNo;
  if (then.path != spec.path) return Vouch::kNo;
  if (is_as_noted(*found, then)) return Vouch::kYes;
  if (found->stamp.size != then.stamp.size || then.stamp.size != spec.length) return Vouch::kNo;
  bool const same_birth = found->identity.birth_ns == then.identity.birth_ns;
  if (found->stamp == then.stamp && same_birth) return Vouch::kIfTorn;
  bool const by_us = !claim.at_rest && found->identity == then.identity;
  return by_us ? Vouch::kIfTorn : Vouch::kNo;
}

void ResumeStore::mark_pieces_of(FileIndex file, Bitfield& pieces) const {
  auto const [begin, end] = pieces_of(files_.map(), file, subject_.geometry);
  for (std::uint32_t p = begin; p < end; ++p) pieces.set(p);
}

ResumeClaim ResumeStore::blank_claim(Bitfield const& verified) const {
  return {.info_hash = subject_.info_hash,
          .verified = verified,
          .files = {},
          .half_written = std::min(subject_.half_written + half_before_, kHalfWrittenMax)};
}

Result<ResumeClaim> ResumeStore::claim_of(Bitfield const& verified) {
  ResumeClaim claim = blank_claim(verified);
  auto const files = files_.map().files();
  for (std::uint32_t f = 0; f < files.size(); ++f) {
    if (files[f].pad) continue;
    if (!files_.is_ours(FileIndex{f})) {
      claim.files.push_back(said_of_others(FileIndex{f}));
      continue;
    }
    auto const stamp = files_.stamp(FileIndex{f});
    if (!stamp) return stamp.error();
    // Nor of what others cut: by its size and time it is as we left it.
    if (stamp->size < files[f].length) {
      claim.files.push_back({files[f].path, {}, {}});
      Bitfield cut{verified.size()};
      mark_pieces_of(FileIndex{f}, cut);
      for (std::uint32_t p = 0; p < cut.size(); ++p) {
        if (cut.test(p)) claim.verified.reset(p);
      }
      continue;
    }
    claim.files.push_back({files[f].path, *stamp, files_.identity(FileIndex{f})});
  }
  return claim;
}

std::optional<Failure> ResumeStore::find_loss(storage::Storage& storage,
                                              Bitfield const& have) const {
  if (!subject_.digests) return std::nullopt;
  return find_hollow_loss(files_, storage, subject_.geometry, *subject_.digests, have);
}

Outcome ResumeStore::write(ResumeClaim const& claim, storage::Durable durable) {
  auto const saved =
      storage::replace_file(files_.directory(), name(), encode_resume(claim), durable);
  if (saved) return kOk;
  return Failure{saved.error().code, saved.error().sys_errno, "cannot save " + path()};
}

Outcome ResumeStore::save(Bitfield const& verified, Files files) {
  if (foreign_) return kOk;
  auto claim = claim_of(verified);
  if (!claim) return claim.error();
  claim->at_rest = files == Files::kAtRest && set_aside_.empty();
  return write(*claim, storage::Durable::kYes);
}

// A new one need not survive more than this process: the first real claim comes before the
// kernel writes much.  One that is there must not be lost for it.
Result<bool> ResumeStore::begin(Bitfield const& verified) {
  if (foreign_) return false;
  bool const durable = found_ || !verified.none();
  auto const claim = claim_of(verified);
  if (!claim) return claim.error();
  auto const saved = write(*claim, durable ? storage::Durable::kYes : storage::Durable::kNo);
  if (!saved) return saved.error();
  return durable;
}

// Without it, a file that has no right piece yet would be anybody's.
bool ResumeStore::anything_half(Bitfield const& verified) const {
  if (!set_aside_.empty()) return true;
  for (std::uint32_t f = 0; f < files_.map().files().size(); ++f) {
    FileIndex const file{f};
    auto const& found = files_.found(file);
    bool const half = found && !found->blank && !files_.map().file(file).pad &&
                      files_.is_ours(file) &&
                      !covers(verified, pieces_of(files_.map(), file, subject_.geometry));
    if (half) return true;
  }
  return false;
}

Outcome ResumeStore::conclude(Bitfield const& verified) {
  if (anything_half(verified)) return save(verified, Files::kAtRest);
  remove();
  return kOk;
}

void ResumeStore::remove() {
  if (foreign_) return;
  for (auto const& own : {name(), new_name()}) {
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
