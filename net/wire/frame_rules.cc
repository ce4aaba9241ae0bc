#include "net/wire/frame_rules.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "engine/base/limits.h"

namespace btfast::net {
namespace {

struct Shape {
  std::string_view name;
  std::uint32_t shortest;
  std::uint32_t longest;
  bool fast_extension = false;
};

constexpr std::uint32_t bitfield_length(std::uint32_t pieces) { return 1 + (pieces + 7) / 8; }

constexpr std::uint32_t kBlockHeadLength = 9;
constexpr std::uint32_t kExtendedHeadLength = 2;
static_assert(bitfield_length(limits::kPieces) <= limits::kMessageBytes);

// Lengths count the id.  We never ask for more than a block of 16 KiB, so no honest
// piece message is longer.
std::optional<Shape> shape_of(std::uint8_t id, std::uint32_t piece_count) {
  switch (id) {
    case Choke::kId:
      return Shape{"choke", 1, 1};
    case Unchoke::kId:
      return Shape{"unchoke", 1, 1};
    case Interested::kId:
      return Shape{"interested", 1, 1};
    case NotInterested::kId:
      return Shape{"not interested", 1, 1};
    case Have::kId:
      return Shape{"have", 5, 5};
    case BitfieldMessage::kId: {
      std::uint32_t const longest = bitfield_length(piece_count ? piece_count : limits::kPieces);
      return Shape{"bitfield", piece_count ? longest : 2, longest};
    }
    case Request::kId:
      return Shape{"request", 13, 13};
    case PieceHeader::kId:
      return Shape{"piece", kBlockHeadLength + 1, kBlockHeadLength + limits::kBlockSize};
    case Cancel::kId:
      return Shape{"cancel", 13, 13};
    case Port::kId:
      return Shape{"port", 3, 3};
    case SuggestPiece::kId:
      return Shape{"suggest piece", 5, 5, true};
    case HaveAll::kId:
      return Shape{"have all", 1, 1, true};
    case HaveNone::kId:
      return Shape{"have none", 1, 1, true};
    case RejectRequest::kId:
      return Shape{"reject request", 13, 13, true};
    case AllowedFast::kId:
      return Shape{"allowed fast", 5, 5, true};
    case Extended::kId:
      return Shape{"extended", kExtendedHeadLength,
                   kExtendedHeadLength + limits::kExtensionMessageBytes};
    default:
      return std::nullopt;
  }
}

template <class M>
constexpr bool kHasPiece = requires(M const& m) {
  m.piece;
};

}  // namespace

FrameRules::Verdict FrameRules::judge_head(std::uint8_t id, std::uint32_t length) {
  auto const shape = shape_of(id, piece_count_);
  bool const known = shape && (id != Extended::kId || extension_protocol_);
  if (!known) return Verdict::kSkip;
  if (shape->fast_extension && !fast_extension_) {
    return refuse(shape->name, "fast extension not negotiated");
  }
  if (length < shape->shortest || length > shape->longest) {
    return refuse(shape->name, "length " + std::to_string(length));
  }
  return Verdict::kRead;
}

FrameRules::Verdict FrameRules::judge(Message const& message) {
  return std::visit(
      [&](auto const& m) {
        using M = std::remove_cvref_t<decltype(m)>;
        if constexpr (std::is_same_v<M, BitfieldMessage>) return judge_bits(m);
        if constexpr (kHasPiece<M>) return judge_piece(message_name(message), m.piece);
        return Verdict::kRead;
      },
      message);
}

FrameRules::Verdict FrameRules::judge(PieceHeader const& block) {
  return judge_piece("piece", block.piece);
}

FrameRules::Verdict FrameRules::judge_piece(std::string_view name, std::uint32_t piece) {
  std::uint32_t const count = piece_count_ != 0 ? piece_count_ : limits::kPieces;
  if (piece < count) return Verdict::kRead;
  return refuse(name, "piece " + std::to_string(piece) + " of " + std::to_string(count));
}

FrameRules::Verdict FrameRules::judge_bits(BitfieldMessage const& bitfield) {
  std::uint32_t const used_of_last = piece_count_ % 8;  // 0: all eight, or the count is unknown
  auto const spare = static_cast<std::byte>(0xFFu >> used_of_last);
  if (used_of_last == 0 || (bitfield.bits.back() & spare) == std::byte{0}) return Verdict::kRead;
  return refuse("bitfield", "spare bit set");
}

FrameRules::Verdict FrameRules::refuse(std::string_view name, std::string_view what) {
  complaint_ = name;
  complaint_ += ": ";
  complaint_ += what;
  return Verdict::kRefuse;
}

}  // namespace btfast::net
