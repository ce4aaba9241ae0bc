// The control file: whatever the bytes, as they are and rightly sealed, a claim is consistent
// and writes back to one that reads the same.
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/check.h"
#include "engine/torrent/resume_file.h"

namespace {

constexpr std::uint32_t kPieces = 21;
constexpr btfast::InfoHash kHash{};

void try_one(std::span<std::byte const> bytes) {
  auto const claim = btfast::decode_resume(bytes, kHash, kPieces);
  if (!claim) {
    BTF_CHECK(!claim.error().detail.empty());
    return;
  }
  BTF_CHECK(claim->verified.size() == kPieces);
  auto const again = btfast::decode_resume(btfast::encode_resume(*claim), kHash, kPieces);
  BTF_CHECK(again.has_value());
  BTF_CHECK(again->files == claim->files);
  BTF_CHECK(again->verified.to_wire() == claim->verified.to_wire());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const bytes = std::as_bytes(std::span{data, size});
  try_one(bytes);
  // A fuzzer does not find a checksum.
  try_one(btfast::seal_resume(bytes));
  return 0;
}
