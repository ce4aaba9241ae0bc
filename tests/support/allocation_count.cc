#include "tests/support/allocation_count.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> calls{0};

}  // namespace

void* operator new(std::size_t size) {
  calls.fetch_add(1, std::memory_order_relaxed);  // a count, orders nothing
  if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
// Replaced together with the others: a sanitizer that keeps its own would see it freed by ours.
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  calls.fetch_add(1, std::memory_order_relaxed);  // a count, orders nothing
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace btfast::test {

long allocation_count() noexcept { return calls.load(std::memory_order_relaxed); }

}  // namespace btfast::test
