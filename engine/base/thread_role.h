// ThreadRole: "which thread may touch this", written so that clang checks it.
//
// A role is a capability of clang's thread-safety analysis, used for threads
// instead of mutexes (the idea is WebRTC's SequenceChecker).  Fields carry
// BTF_OWNED_BY(role), functions BTF_ON(role); a callback where the outside world
// enters the role starts with role.assert_here().  Other compilers see nothing.
//
// Threads: bind() and unbind() are called on the thread that takes the role;
//          assert_here() on any thread, and aborts on the wrong one.
#pragma once

#include <atomic>
#include <thread>

#include "engine/base/check.h"

#if defined(__clang__)
#define BTF_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define BTF_THREAD_ATTRIBUTE(x)
#endif

#define BTF_CAPABILITY(name) BTF_THREAD_ATTRIBUTE(capability(name))
#define BTF_OWNED_BY(role) BTF_THREAD_ATTRIBUTE(guarded_by(role))
#define BTF_ON(...) BTF_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define BTF_ASSERTS(...) BTF_THREAD_ATTRIBUTE(assert_capability(__VA_ARGS__))
#define BTF_NO_THREAD_ANALYSIS BTF_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace btfast {

class BTF_CAPABILITY("thread role") ThreadRole {
 public:
  ThreadRole() = default;
  ThreadRole(ThreadRole const&) = delete;
  ThreadRole& operator=(ThreadRole const&) = delete;

  // An unbound role belongs to whoever holds the object: construction, and tests
  // and simulations that run every role on one thread.
  void bind() noexcept { owner_.store(std::this_thread::get_id(), std::memory_order_relaxed); }
  void unbind() noexcept { owner_.store(std::thread::id{}, std::memory_order_relaxed); }

  bool is_here() const noexcept {
    // relaxed: a thread always sees its own id, which is all that is compared.
    auto const owner = owner_.load(std::memory_order_relaxed);
    return owner == std::thread::id{} || owner == std::this_thread::get_id();
  }
  void assert_here() const noexcept BTF_ASSERTS(this) { BTF_DCHECK(is_here()); }

 private:
  std::atomic<std::thread::id> owner_{};
};

}  // namespace btfast
