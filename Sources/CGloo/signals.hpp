#ifndef RETORT_CGLOO_SIGNALS_HPP
#define RETORT_CGLOO_SIGNALS_HPP

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace retort {

// While it lives, threads that this thread starts handle no signal of the process.
class SilentThreads {
 public:
  SilentThreads() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SilentThreads() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SilentThreads(const SilentThreads &) = delete;
  SilentThreads &operator=(const SilentThreads &) = delete;

 private:
  sigset_t before_;
};

// While it lives, a write to a closed connection by this thread raises no SIGPIPE: Gloo's writes leave it to the process.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec now = {0, 0};
    if (!was_pending_)
      while (sigtimedwait(&pipe_, nullptr, &now) == SIGPIPE) {}
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal &) = delete;
  NoPipeSignal &operator=(const NoPipeSignal &) = delete;

 private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

} // namespace retort

#endif
