// What net/reactor_kqueue.cc needs of <sys/event.h>, declared only: on a machine that has
// no kqueue the file is compiled against this, so that it cannot rot, and never linked.
#pragma once

#include <stdint.h>
#include <time.h>

struct kevent {
  uintptr_t ident;
  short filter;
  unsigned short flags;
  unsigned int fflags;
  int64_t data;
  void* udata;
};

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_USER (-11)

#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_CLEAR 0x0020
#define EV_EOF 0x8000

#define NOTE_TRIGGER 0x01000000

extern "C" {
int kqueue(void);
int kevent(int queue, struct kevent const* changes, int change_count, struct kevent* events,
           int event_count, struct timespec const* timeout);
}
