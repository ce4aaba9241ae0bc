// Mutex: std::mutex under a name that clang's thread-safety analysis understands.
// For control paths only; nothing on the data path waits for one.
//
// Threads: any.
#pragma once

#include <mutex>

#include "engine/base/thread_role.h"

namespace btfast::storage {

class BTF_CAPABILITY("mutex") Mutex {
 public:
  void lock() BTF_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() BTF_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class BTF_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) BTF_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() BTF_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(MutexLock const&) = delete;
  MutexLock& operator=(MutexLock const&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace btfast::storage
