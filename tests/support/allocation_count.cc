#include "tests/support/allocation_count.h"

#include <atomic>
#include <cstdlib>
#include <new>

// A sanitizer keeps its own operators: it knows by who calls them what to suppress (TBB's own
// memory, say), and it tells of every allocation itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BTF_SANITIZER_COUNTS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BTF_SANITIZER_COUNTS 1
#endif
#endif

namespace {

std::atomic<long> calls{0};

void count() noexcept { calls.fetch_add(1, std::memory_order_relaxed); }  // orders nothing

}  // namespace

#ifdef BTF_SANITIZER_COUNTS

// Declared here, because g++ comes without the header of it, sanitizer/allocator_interface.h.
// NOLINTNEXTLINE: the runtime's own name
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(void const volatile*,
                                                                           std::size_t),
                                                         void (*on_free)(void const volatile*));

namespace {

void on_malloc(void const volatile*, std::size_t) { count(); }
void on_free(void const volatile*) {}

// Zero: the runtime has no room for another pair of hooks.
[[maybe_unused]] int const installed = [] {
  int const number = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
  if (number == 0) std::abort();
  return number;
}();

}  // namespace

#else

void* operator new(std::size_t size) {
  count();
  if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  count();
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

#endif

namespace btfast::test {

long allocation_count() noexcept { return calls.load(std::memory_order_relaxed); }

}  // namespace btfast::test
