#include "engine/metainfo/torrent_layout.h"

#include <algorithm>
#include <utility>

#include "storage/former_names.h"
#include "storage/name_twins.h"
#include "storage/own_names.h"
#include "storage/path_safety.h"

namespace btfast {
namespace {

using storage::NameRule;
using storage::SafePaths;

storage::FileSpec pad_of(std::uint64_t length) { return {".pad", length, true, false}; }

// As it may stand on disk: what no file system can hold is mended all the same.
std::string raw_element(std::string const& raw) {
  return storage::is_plain_element(raw) ? raw : storage::safe_element(raw);
}

// Beside which our own files stand.
std::string top_element(std::string const& raw) {
  return storage::unlike_own_name(storage::safe_element(raw));
}

bool stays(std::string const& raw) { return storage::safe_element(raw) == raw; }
bool stayed(std::string const& raw) { return storage::former_element(raw) == raw; }

// The names of one torrent by each rule.
class Namer {
 public:
  Namer(Metainfo const& metainfo, std::optional<std::string> const& target)
      : metainfo_(metainfo), target_(target) {}

  Result<std::vector<storage::FileSpec>> run() {
    for (auto const& file : metainfo_.files) {
      bool const never_made = is_never_made(file);
      specs_.push_back(never_made ? pad_of(file.length)
                                  : storage::FileSpec{{}, file.length, false, file.executable});
      specs_.back().top_chosen = target_.has_value();
    }
    if (auto const named = name_all(); !named) return named.error();
    storage::mark_twins(specs_);
    note_former_names();
    return std::move(specs_);
  }

 private:
  std::string top(NameRule rule) const {
    if (target_) return *target_;
    return rule == NameRule::kNow ? top_element(metainfo_.name)
                                  : storage::former_element(metainfo_.name);
  }

  // Names that need no mending come first: nobody else takes them.
  Outcome name_all() {
    SafePaths paths{top(NameRule::kNow)};
    for (bool const mended : {false, true}) {
      for (std::size_t f = 0; f < specs_.size(); ++f) {
        auto const& raw = metainfo_.files[f].path;
        if (specs_[f].pad || std::ranges::all_of(raw, stays) == mended) continue;
        auto path = path_of(paths, raw, NameRule::kNow);
        if (!path) return path.error();
        specs_[f].path = *std::move(path);
        note_raw_name(specs_[f], raw, mended);
      }
    }
    return kOk;
  }

  Result<std::string> path_of(SafePaths& paths, std::vector<std::string> const& raw,
                              NameRule rule) const {
    if (!metainfo_.multi_file) return top(rule);
    return paths.add(raw);
  }

  void note_raw_name(storage::FileSpec& spec, std::vector<std::string> const& raw, bool mended) {
    if (!mended && (target_ || top_element(metainfo_.name) == metainfo_.name)) return;
    std::string path = target_ ? *target_ : raw_element(metainfo_.name);
    for (auto const& element : raw) path.append("/").append(raw_element(element));
    if (path != spec.path) spec.other_names.push_back({std::move(path)});
  }

  // What the former rule left as it is, and told apart as this one does, has no other name.
  void note_former_names() {
    bool const same = (target_ || stayed(metainfo_.name)) &&
                      std::ranges::none_of(specs_, &storage::FileSpec::contested) &&
                      std::ranges::all_of(metainfo_.files, [](MetainfoFile const& file) {
                        return is_never_made(file) || std::ranges::all_of(file.path, stayed);
                      });
    if (same) return;
    SafePaths paths{top(NameRule::kFormer), NameRule::kFormer};
    for (std::size_t f = 0; f < specs_.size(); ++f) {
      if (specs_[f].pad) continue;
      auto former = path_of(paths, metainfo_.files[f].path, NameRule::kFormer);
      // Too many for it: then nothing was ever named by it.
      if (!former) return forget_former_names();
      if (*former != specs_[f].path) specs_[f].other_names.push_back({*std::move(former), true});
    }
  }

  void forget_former_names() {
    for (auto& spec : specs_) {
      std::erase_if(spec.other_names, [](auto const& other) { return other.former; });
    }
  }

  Metainfo const& metainfo_;
  std::optional<std::string> const& target_;
  std::vector<storage::FileSpec> specs_;
};

}  // namespace

Result<std::string> torrent_top_name(Metainfo const& metainfo,
                                     std::optional<std::string> const& target_name) {
  if (!target_name) return top_element(metainfo.name);
  if (storage::is_plain_element(*target_name)) return *target_name;
  return Failure{Errc::kBadArgument, "not a plain file name: " + *target_name};
}

Result<std::vector<storage::FileSpec>> torrent_layout(
    Metainfo const& metainfo, std::optional<std::string> const& target_name) {
  if (auto const top = torrent_top_name(metainfo, target_name); !top) return top.error();
  return Namer{metainfo, target_name}.run();
}

}  // namespace btfast
