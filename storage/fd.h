// Fd: a file descriptor that is closed once, through storage/io.h.
//
// Ownership: move-only; empty after a move.
#pragma once

#include <utility>

namespace btfast::storage {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) noexcept : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  explicit operator bool() const noexcept { return number_ >= 0; }
  int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }
  // What close(2) has to say comes too late to act on: sync() is where a lost write shows.
  void reset() noexcept;

 private:
  int number_ = -1;
};

}  // namespace btfast::storage
