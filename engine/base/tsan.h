// What the thread sanitizer must be told.  moodycamel's queue and oneTBB hand
// payloads over with fences that the sanitizer cannot see; a release before the
// hand-over and an acquire after it keep the payload's edge visible, so that only
// the libraries' own inner lines need suppressing.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define BTF_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BTF_TSAN 1
#endif
#endif

#ifdef BTF_TSAN
extern "C" {
void __tsan_acquire(void* address);  // NOLINT: the runtime's own name
void __tsan_release(void* address);  // NOLINT: the runtime's own name
}
#endif

namespace btfast {

inline void tsan_release([[maybe_unused]] void* address) noexcept {
#ifdef BTF_TSAN
  __tsan_release(address);
#endif
}
inline void tsan_acquire([[maybe_unused]] void* address) noexcept {
#ifdef BTF_TSAN
  __tsan_acquire(address);
#endif
}

}  // namespace btfast
