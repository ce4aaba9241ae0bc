// Storage: the seam between the engine and where a torrent's bytes live.  Offsets
// are bytes of the torrent (all files end to end); pad bytes are nobody's.
//
// Threads: look() and prepare() once, before the rest (between them, what only reads); write(),
// read(), try_read() and sync()
//          from any thread, together.  Two writes never overlap: a piece has one
//          writer (engine/pieces/piece_map.h).
// Errors:  a Failure names the path.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/expected.h"

namespace btfast::storage {

// Bytes that are not what they should be, and why: somebody removed, replaced or changed
// what they are in.
struct Disturbance {
  std::uint64_t offset = 0;  // of the torrent
  std::uint64_t length = 0;
  bool everything = false;  // the output directory itself
  Failure why;              // names the path
};

// Consecutive bytes of the torrent that lie on one device.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t device = 0;  // tells devices apart, nothing else
  bool operator==(Extent const&) const = default;
};

// How closely disturbances() looks.
enum class Watch : std::uint8_t {
  kNames,     // do names lead to what is open, of full length?  For storage that is written.
  kContents,  // sizes and times as well; each change is told once
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Finds what is there, and changes nothing: then it may be read (and what is not there is
  // kNotFound), and whoever decides that it may be written calls prepare().
  virtual Outcome look() { return kOk; }
  // Makes directories and files, refuses unsafe paths, lays files out.  Looks first where
  // nobody did.
  virtual Outcome prepare() = 0;
  // All of `from`, starting at torrent offset `offset`, or a failure.
  virtual Outcome write(std::uint64_t offset, std::span<iovec const> from) = 0;
  // All of `into`, or a failure (kNotFound: a file is missing or too short).  May block.
  virtual Outcome read(std::uint64_t offset, std::span<std::byte> into) = 0;
  // As read(), but kWouldBlock rather than waiting for a disk.
  virtual Outcome try_read(std::uint64_t offset, std::span<std::byte> into) = 0;
  // Data written before this call survives a crash after it.
  virtual Outcome sync() = 0;
  // Whether the range is known to read as zeros without asking a disk: a start-up check
  // need not read what was never written.  False is always a right answer.
  virtual bool is_hole(std::uint64_t /*offset*/, std::uint64_t /*length*/) { return false; }
  // False: some of the range was not there when it was looked at, and nobody made it since.
  virtual bool is_there(std::uint64_t /*offset*/, std::uint64_t /*length*/) { return true; }
  // Of some of the range there are two kinds, and what was read is not right: reads give the other
  // one from now on.  Before prepare() only, whose files get what was read last.  False: there is
  // but one.
  virtual bool turn_over(std::uint64_t /*offset*/, std::uint64_t /*length*/) { return false; }
  // What became of the files behind our back.  May block; one caller at a time.
  virtual std::vector<Disturbance> disturbances(Watch /*watch*/) { return {}; }
  // What was there whole before prepare(), and may not be written: good to have, and nothing
  // can be fetched into it.
  virtual std::vector<Disturbance> unwritable() { return {}; }
  // All of the torrent, in order and without gaps, as prepare() found it; empty where it lies on
  // one device.
  virtual std::vector<Extent> extents() { return {}; }
  // The range will be read soon and whole, in any order: the disk may begin.  Never waits
  // for it.
  virtual void will_read(std::uint64_t /*offset*/, std::uint64_t /*length*/) {}
  // The files wanted from now on, by FileIndex, are there when this returns (empty: all).
  // May block; from any thread.
  virtual Outcome select(std::vector<bool> const& /*wanted*/) { return kOk; }
};

}  // namespace btfast::storage
