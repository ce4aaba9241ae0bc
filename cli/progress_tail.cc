#include "cli/progress_tail.h"

#include <fstream>
#include <ios>
#include <nlohmann/json.hpp>

namespace btfast::cli {

void ProgressTail::look() {
  std::ifstream in{path_, std::ios::binary};
  in.seekg(static_cast<std::streamoff>(offset_));
  std::string fresh(kLookBytes, '\0');
  in.read(fresh.data(), static_cast<std::streamsize>(fresh.size()));
  fresh.resize(static_cast<std::size_t>(in.gcount()));
  std::size_t taken = 0;
  for (;;) {
    auto const end = fresh.find('\n', taken);
    if (end == std::string::npos) break;
    take_line(std::string_view{fresh}.substr(taken, end - taken));
    taken = end + 1;
  }
  bool const too_long = taken == 0 && fresh.size() == kLookBytes;
  offset_ += too_long ? fresh.size() : taken;
}

void ProgressTail::take_line(std::string_view line) {
  auto const record = nlohmann::json::parse(line, nullptr, false);
  if (!record.is_object()) return;
  auto const done = record.find("done");
  if (done != record.end() && done->is_number_unsigned()) done_ = done->get<std::uint64_t>();
}

}  // namespace btfast::cli
