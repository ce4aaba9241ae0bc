// SmartBan: who lied, from what is known of pieces that failed their digest.  Pure
// bookkeeping.
//
// A piece that one peer sent alone and that is wrong proves that peer a liar.  When
// several sent it, each block's digest is remembered with its sender; once the piece is
// right, whoever had sent another block at that place is the liar, and nobody else is.
// Until then its senders are suspects: they are asked for whole pieces of their own, so
// that what they do next proves something.
//
// Threads: the control thread.
// Bound:   limits::kBanEvidenceBlocks; the piece that failed longest ago is forgotten first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "engine/base/types.h"
#include "net/endpoint.h"

namespace btfast {

class SmartBan {
 public:
  struct Block {
    net::Endpoint from;  // of no family: nobody knows any more
    Sha1Digest digest{};
    bool operator==(Block const&) const = default;
  };
  struct Verdict {
    std::vector<net::Endpoint> liars;
    std::vector<net::Endpoint> suspects;  // newly
    std::vector<net::Endpoint> cleared;   // suspects no longer
  };

  // `blocks`: all of the piece's, in order.
  Verdict on_failed(PieceIndex piece, std::span<Block const> blocks);
  Verdict on_passed(PieceIndex piece, std::span<Block const> blocks);
  // It sent a whole right piece alone.  What it is suspected of was another's doing, or
  // the digests of that piece will tell.
  Verdict vouch_for(net::Endpoint const& peer);

  bool suspected(net::Endpoint const& peer) const { return suspects_.contains(peer); }
  std::size_t evidence_blocks() const noexcept { return evidence_blocks_; }

 private:
  struct Record {
    std::vector<std::vector<Block>> seen;  // at each place of the piece, each once
    std::size_t blocks = 0;                // sum over `seen`
    std::vector<net::Endpoint> senders;    // sorted, each once
  };

  void remember(PieceIndex piece, std::span<Block const> blocks, Verdict& verdict);
  void make_room(std::size_t blocks, Verdict& verdict);
  void close(Record const& record, Verdict& verdict);
  void acquit(net::Endpoint const& peer, Verdict& verdict);

  std::map<PieceIndex, Record> records_;
  std::deque<PieceIndex> oldest_first_;              // the keys of records_
  std::map<net::Endpoint, std::uint32_t> suspects_;  // with the number of their records
  std::size_t evidence_blocks_ = 0;
};

}  // namespace btfast
