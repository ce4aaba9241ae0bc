// Every limit of the engine in one place, each with the sum or source behind it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/base/types.h"

namespace btfast::limits {

// -- Bencode and metainfo ---------------------------------------------------------------------
// 40 MiB of digests (kPieces) and their names; people have torrents of 24 MiB.
inline constexpr std::size_t kMetainfoBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kMetainfoDepth = 100;
inline constexpr std::size_t kMetainfoTokens = 8'000'000;  // 1 M files x 7, and the rest
inline constexpr std::size_t kTrackerReplyDepth = 8;
inline constexpr std::size_t kPeerMessageDepth = 16;
inline constexpr std::uint32_t kPieces = 2'097'152;        // 2^21; 40 MiB of digests
inline constexpr std::uint32_t kPieceLength = 512u << 20;  // 512 MiB
inline constexpr std::uint64_t kTotalBytes = 1ull << 62;   // sums never overflow int64
inline constexpr std::size_t kFiles = 1'000'000;
inline constexpr std::size_t kPathDepth = 100;
inline constexpr std::size_t kPathElementBytes = 255;  // NAME_MAX
inline constexpr std::size_t kTrackers = 1'000;
inline constexpr std::size_t kWebSeeds = 1'000;
inline constexpr std::size_t kUrlBytes = 2'048;          // of a tracker or a web seed
inline constexpr std::size_t kCommentBytes = 64 * 1024;  // kept of each free text
inline constexpr std::size_t kInfoKeys = 1'000;          // kept of an info dictionary
inline constexpr std::size_t kPathBytes = 4'095;         // PATH_MAX; the output folder is held open
inline constexpr std::size_t kDirectories = 1'000'000;
inline constexpr std::size_t kSamePath = 100;  // files that want one name

// -- Peer wire (BEP 3, 6, 10) -----------------------------------------------------------------
inline constexpr std::uint32_t kBlockSize = 16 * 1024;               // what we request, always
inline constexpr std::uint32_t kServedRequestBytes = 128 * 1024;     // the largest request we serve
inline constexpr std::uint32_t kMessageBytes = 1024 * 1024;          // hard cap on any frame
inline constexpr std::uint32_t kExtensionMessageBytes = 512 * 1024;  // PEX and handshakes
inline constexpr std::size_t kPeerRequestQueue = 2'000;  // requests a peer may have queued
inline constexpr std::uint32_t kReqqAdvertised = 2'000;
inline constexpr std::uint32_t kReqqDefault = 250;  // of a peer that does not say
inline constexpr std::size_t kPeerUploadQueueBytes = 4 * 1024 * 1024;
inline constexpr int kBadRequests = 300;  // then the peer is closed
inline constexpr std::chrono::seconds kHandshakeTimeout{10};
inline constexpr std::chrono::seconds kConnectTimeout{10};
inline constexpr std::chrono::seconds kIdleTimeout{150};  // BEP 3: keep-alives every 120 s
inline constexpr std::chrono::seconds kKeepAlive{100};
inline constexpr std::chrono::seconds kRequestTimeout{15};
// What the four of them may be set to: less would close whoever is far away.
inline constexpr std::chrono::milliseconds kPeerTimeMin{500};
inline constexpr std::chrono::hours kPeerTimeMax{1};

// -- Connections ------------------------------------------------------------------------------
inline constexpr int kReservedFds = 64;  // files, state, logs
inline constexpr int kHalfOpen = 100;    // connecting at once
// Connections beyond --max-peers while it is decided which one has to go (BEP 40).
inline constexpr std::uint32_t kTurnoverPeers = 4;
inline constexpr int kPeersPerAddress = 8;  // several peers behind one NAT
inline constexpr std::size_t kPeerListEntries = 10'000;
inline constexpr std::size_t kDepartedPeers = 2'000;       // still known by handle: bans
inline constexpr std::size_t kBanEvidenceBlocks = 65'536;  // digests of failed pieces: 4 MiB

// -- Trackers (BEP 3, 12, 15) -----------------------------------------------------------------
inline constexpr std::size_t kTrackerReplyBytes = 1024 * 1024;
inline constexpr int kTrackerRedirects = 5;
inline constexpr std::chrono::seconds kTrackerTimeout{30};
inline constexpr std::chrono::seconds kTrackerStopTimeout{3};
inline constexpr std::chrono::seconds kAnnounceIntervalMin{60};
inline constexpr std::chrono::hours kAnnounceIntervalMax{24};
inline constexpr std::size_t kTrackerPeers = 2'000;  // used from one reply
inline constexpr int kConcurrentAnnounces = 50;

// -- Data path --------------------------------------------------------------------------------
inline constexpr std::uint64_t kCacheBytes = 256ull << 20;  // --cache: bytes in flight
inline constexpr std::uint32_t kSegmentBytes = 1u << 20;    // one allocation of a piece buffer
// Pieces under way at once, as the cache allows; those that are written in parts: the fewest.
inline constexpr std::uint32_t kActivePiecesMin = 8;
inline constexpr std::uint32_t kActivePiecesMax = 4096;
inline constexpr std::uint32_t kRunBytes = 256 * 1024;     // hand-off to workers at least
inline constexpr std::size_t kReadvBlocks = 64;            // blocks in one scatter read: 1 MiB
inline constexpr std::size_t kReadBudgetBytes = 1u << 20;  // a connection's turn
// Read for an upload at once: what the peer's socket takes, within these.  One megabyte is one
// good write; what a socket did not take of the last run waits, 64 KiB at a slow peer.
inline constexpr std::uint32_t kUploadRunMin = 64 * 1024;
inline constexpr std::uint32_t kUploadRunMax = 1u << 20;
inline constexpr std::size_t kOpenFiles = 512;  // LRU of payload descriptors

}  // namespace btfast::limits
