// FlatQueue: first in, first out, in one flat array.  Unlike std::deque it allocates
// nothing while items pass through at a steady length, and it can lose an item from
// the middle.
//
// Threads: plain data, one owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace btfast::net {

template <class T>
class FlatQueue {
 public:
  bool empty() const noexcept { return head_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - head_; }
  std::span<T> items() noexcept { return std::span{items_}.subspan(head_); }
  std::span<T const> items() const noexcept { return std::span{items_}.subspan(head_); }
  // REQUIRES: not empty.
  T& front() noexcept { return items_[head_]; }
  T& back() noexcept { return items_.back(); }

  void push_back(T item) {
    // Room at the front is taken back when it is half of the array: amortised O(1).
    if (items_.size() == items_.capacity() && head_ > items_.size() / 2) drop_taken();
    items_.push_back(std::move(item));
  }
  // REQUIRES: not empty.
  T pop_front() {
    T item = std::exchange(items_[head_++], T{});
    if (empty()) clear();
    return item;
  }
  void erase(std::size_t index) {
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(head_ + index));
    if (empty()) clear();
  }
  void clear() noexcept {
    items_.clear();
    head_ = 0;
  }

 private:
  void drop_taken() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;  // items before it are taken
};

}  // namespace btfast::net
