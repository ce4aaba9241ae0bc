// NameChoice: what one file of a torrent is called where the file system has the last word.
// It begins with the name it should have; each refusal leads to the next name, always the
// same for the same torrent and the same refusals: who looks for the file later meets the
// same refusals and comes to the same name.
//
// Threads: plain value, one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "storage/file_map.h"

namespace btfast::storage {

// Whether the file system says that it holds no such name.
bool refuses_name(Error error) noexcept;

class NameChoice {
 public:
  // `path` is one of the file's names; names that are cut are cut to `bytes_max`.
  NameChoice(FileSpec const& file, std::string_view path, std::size_t bytes_max);

  std::string name() const;
  std::size_t depth() const noexcept { return elements_.size(); }
  // The path of the first `count` elements.
  std::string prefix(std::size_t count) const;

  // What to do after a refusal; false where that was done before, or may not be.
  bool another_file_has_it() { return mark(elements_.size() - 1); }
  // `count` elements lead to a file that is another's.
  bool a_file_is_on_the_way(std::size_t count) { return mark(count - 1); }
  // Twice: a portable name first, then one that is ASCII, too.
  bool cannot_be_held();

 private:
  bool make_portable();
  bool make_ascii();
  struct Element {
    std::string name;
    std::string whole;  // the torrent's own path up to here
    bool marked = false;
  };
  bool mark(std::size_t index);

  bool const contested_;
  bool const top_chosen_;
  std::size_t const bytes_max_;
  bool portable_ = false;
  bool ascii_ = false;
  std::vector<Element> elements_;
};

}  // namespace btfast::storage
