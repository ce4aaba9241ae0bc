#include "storage/name_choice.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/path_safety.h"

namespace btfast::storage {

bool refuses_name(Error error) noexcept {
  return error.sys_errno == EINVAL || error.sys_errno == EILSEQ || error.sys_errno == ENAMETOOLONG;
}

NameChoice::NameChoice(FileSpec const& file, std::string_view path, std::size_t bytes_max)
    : contested_(file.contested), top_chosen_(file.top_chosen), bytes_max_(bytes_max) {
  for (std::size_t at = 0; at <= path.size();) {
    std::size_t const slash = std::min(path.find('/', at), path.size());
    elements_.push_back(
        {std::string{path.substr(at, slash - at)}, std::string{path.substr(0, slash)}});
    at = slash + 1;
  }
}

std::string NameChoice::name() const { return prefix(elements_.size()); }

std::string NameChoice::prefix(std::size_t count) const {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += '/';
    out += elements_[i].name;
  }
  return out;
}

bool NameChoice::mark(std::size_t index) {
  Element& element = elements_[index];
  if (element.marked || (index == 0 && top_chosen_)) return false;
  element.marked = true;
  element.name = marked_element(element.name, element.whole, bytes_max_);
  return true;
}

bool NameChoice::cannot_be_held() { return make_portable() || make_ascii(); }

// Names that differ only in what is mended are told apart by their marks.
bool NameChoice::make_portable() {
  if (std::exchange(portable_, true)) return false;
  bool changed = false;
  for (std::size_t i = top_chosen_ ? 1 : 0; i < elements_.size(); ++i) {
    std::string mended = portable_element(elements_[i].name, bytes_max_);
    if (mended == elements_[i].name) continue;
    elements_[i].name = std::move(mended);
    changed = true;
  }
  if (changed && contested_) mark(elements_.size() - 1);
  return changed;
}

bool NameChoice::make_ascii() {
  if (std::exchange(ascii_, true)) return false;
  bool changed = false;
  for (std::size_t i = top_chosen_ ? 1 : 0; i < elements_.size(); ++i) {
    Element& element = elements_[i];
    std::string ascii = ascii_element(element.name, element.whole, bytes_max_);
    if (ascii == element.name) continue;
    element.name = std::move(ascii);
    element.marked = changed = true;
  }
  return changed;
}

}  // namespace btfast::storage
