#include "storage/part_seal.h"

#include <string_view>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"

namespace btfast::storage {
namespace {

// Its number is raised whenever the ends, or what is noted of them, come to lie elsewhere.
constexpr std::string_view kVersion = "btfast part 3\n";
constexpr std::uint64_t kBlock = 4096;

}  // namespace

std::uint64_t part_ends_offset(std::uint64_t head) noexcept {
  return (head + kBlock - 1) / kBlock * kBlock;
}

std::vector<std::byte> part_seal(PartOwner const& owner, std::uint64_t ends) {
  std::vector<std::byte> seal;
  ByteWriter out{seal};
  out.text(kVersion);
  out.bytes(owner.info_hash);
  out.u64(owner.piece_length);
  out.u64(ends);
  out.bytes(sha1(seal));
  return seal;
}

}  // namespace btfast::storage
