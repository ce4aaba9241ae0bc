// What a person leaves out of a new torrent.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace btfast {

class Exclusions {
 public:
  // A pattern is a name or a glob (engine/metainfo/file_pattern.h) for a path below the top folder
  // or its last element; one that ends in '/' means folders only.
  explicit Exclusions(std::vector<std::string> const& patterns);

  // Whether `path`, below the top folder, is left out.
  bool match(std::string_view path, bool is_folder);
  // The patterns that left nothing out.
  std::vector<std::string> unused() const;

 private:
  struct Pattern {
    std::string text;
    bool used = false;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace btfast
