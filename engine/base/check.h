// Invariant checks.  BTF_CHECK is always on and for cheap conditions; BTF_DCHECK
// is for costly ones and vanishes with NDEBUG.  Both mean "we have a bug": bad
// input and a refusing environment are Errors, never checks.
#pragma once

namespace btfast {

[[noreturn]] void check_failed(char const* condition, char const* file, int line) noexcept;

}  // namespace btfast

#define BTF_CHECK(condition)                                                  \
  do {                                                                        \
    if (!(condition)) ::btfast::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

#ifdef NDEBUG
#define BTF_DCHECK(condition) \
  do {                        \
    (void)sizeof(condition);  \
  } while (false)
#else
#define BTF_DCHECK(condition) BTF_CHECK(condition)
#endif
