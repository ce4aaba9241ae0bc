// TempTree: a new directory for the time of one command, removed with all it holds.
//
// Ownership: removes what it made, and nothing it did not make.
#pragma once

#include <filesystem>
#include <string>

#include "engine/base/expected.h"

namespace btfast::cli {

class TempTree {
 public:
  // DIR/PREFIX-XXXXXX; an empty `dir` is $TMPDIR or what the system has for it.
  static Result<TempTree> make(std::string const& dir, std::string const& prefix);

  TempTree(TempTree&& other) noexcept;
  TempTree& operator=(TempTree&&) = delete;
  ~TempTree();

  std::filesystem::path const& path() const noexcept { return path_; }

 private:
  explicit TempTree(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;  // empty once moved from
};

}  // namespace btfast::cli
