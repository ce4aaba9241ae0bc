#include "storage/own_names.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "storage/name_fold.h"

namespace btfast::storage {
namespace {

// Two letters in one, that a file system which ignores case takes for the two (U+FB05, U+FB06).
void take_ligatures_apart(std::string& name) {
  for (std::string_view const st : {"\xef\xac\x85", "\xef\xac\x86"}) {
    for (auto at = name.find(st); at != std::string::npos; at = name.find(st)) {
      name.replace(at, st.size(), "st");
    }
  }
}

}  // namespace

// Some file systems ignore characters that nobody sees, and some drop what ends a name.
bool is_like_own_name(std::string_view name) {
  std::string folded = fold_name(name);
  take_ligatures_apart(folded);
  std::erase_if(folded, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  while (folded.ends_with('.') || folded.ends_with(' ')) folded.pop_back();
  std::string_view rest = folded;
  if (rest.ends_with(kReplacementSuffix)) rest.remove_suffix(kReplacementSuffix.size());
  return rest.ends_with(kControlSuffix) || rest.ends_with(kPartSuffix);
}

std::string unlike_own_name(std::string name) {
  if (!is_like_own_name(name)) return name;
  if (name.size() >= limits::kPathElementBytes) {
    // Its last character gives way.
    while ((static_cast<unsigned char>(name.back()) & 0xc0) == 0x80) name.pop_back();
    name.pop_back();
  }
  return name + '_';
}

}  // namespace btfast::storage
