// NameSearch: under which of its names each file of a torrent stands on disk.  A name that is
// there wins over the name that a download would get: the torrent's own name first, and what
// is too dangerous to make may still be read.  Whose name it is letter by letter has it: no other
// file of the torrent takes it, and no two come to one name.  Changes nothing on disk.
//
// Threads:   one owner.
// Ownership: root and map must outlive it.
// Bound:     files with one plain name cost nothing; others a few looks each.  Directories
//            are listed only for files that some file system may take for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "storage/file_map.h"
#include "storage/io.h"
#include "storage/name_choice.h"

namespace btfast::storage {

class NameSearch {
 public:
  NameSearch(int root, FileMap& map);

  // Renames in the map what stands under another name.  What stands nowhere is named so that
  // it goes where the rest of its directory is.
  void run();
  // What was found under its name, but may be another file's, which is missing: the file system
  // takes the two names for one, and may be one that lists small letters only.
  std::vector<FileIndex> const& doubtful() const noexcept { return doubtful_; }

 private:
  // In this order: whoever is surer of a name takes it first.  kMarked: the name that only we
  // give, and to one file only.  kAlike: what the file system takes for the name (some list
  // other letters than they were told).
  enum class Pass : std::uint8_t { kNoted, kMarked, kWhole, kFormer, kAlike, kAnySize };
  enum class Answer : std::uint8_t { kHere, kNothing, kAnothers, kFileOnTheWay };

  bool settle(FileIndex file, Pass pass);
  std::optional<std::string> find(FileIndex file, Pass pass);
  std::optional<std::string> find_marked(FileIndex file, std::string const& path);
  // `marked`: how many elements lead to the one that is marked at first; 0: none is.
  std::optional<std::string> find_from(FileIndex file, std::string const& path, Pass pass,
                                       std::size_t marked = 0);
  Answer ask(FileIndex file, std::string const& name, Pass pass);
  bool is_anothers(FileIndex file, std::string const& name) const;
  std::optional<FileIndex> owner_of(std::string const& name) const;
  std::size_t file_on_the_way(NameChoice const& choice) const;
  bool stands_exactly(std::string const& path);
  bool is_listed(std::string const& directory, std::string const& name);
  void take_seen(FileIndex file, std::string name);
  void move(FileIndex file, std::string name);
  void name_missing(FileIndex file);
  void doubt_whose_it_is();
  void go_where_others_are(FileIndex file);
  bool goes_to(FileIndex file, std::string const& target);

  int const root_;
  FileMap& map_;
  std::size_t const name_max_;
  bool const holds_all_;                // the file system refuses no name for its characters
  std::vector<std::uint32_t> by_name_;  // files, by the names that the map gave them at first
  std::unordered_map<std::string, FileIndex> moved_;  // by the names that they get in its place
  std::vector<bool> is_moved_;
  // Folders by the map's first names, each with one in which some of its files stand.
  std::set<std::pair<std::string, std::string>> folders_;
  io::FileInfo seen_{};                                                 // by the last ask()
  std::map<std::pair<std::uint64_t, std::uint64_t>, FileIndex> taken_;  // inodes
  std::vector<FileIndex> doubtful_;
  std::unordered_map<std::string, std::optional<std::unordered_set<std::string>>> listed_;
  std::size_t names_listed_ = 0;
};

}  // namespace btfast::storage
