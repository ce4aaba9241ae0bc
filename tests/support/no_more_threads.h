// NoMoreThreads: as long as it lives, the system gives this process no further thread.
//
// Threads: those that run already go on; make and destroy it on one.
#pragma once

#include <pthread.h>

#include <cstddef>

namespace btfast::test {

// Every stack is asked for with more than the address space holds, so no thread can be made.
// The process keeps its memory: a sanitizer allocates on the way, and ends where it may not.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t beyond;
    ::pthread_attr_init(&beyond);
    ::pthread_attr_setstacksize(&beyond, std::size_t{1} << 47U);
    ::pthread_setattr_default_np(&beyond);
    ::pthread_attr_destroy(&beyond);
  }
  ~NoMoreThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  NoMoreThreads(NoMoreThreads const&) = delete;
  NoMoreThreads& operator=(NoMoreThreads const&) = delete;

 private:
  pthread_attr_t before_{};
};

}  // namespace btfast::test
