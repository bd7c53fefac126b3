// What ThreadSanitizer cannot see of Swift's runtime, told to it. Empty in a build without ThreadSanitizer.
//
// The runtime is not instrumented. Where it orders two threads it says so itself (`_swift_tsan_release`, `_swift_tsan_acquire`), except in
// two places, where TSan would report everything that was handed over from one thread to the other as a race:
//
// 1. A continuation that is resumed before its task has come to wait. `swift_continuation_resume` says `release(task)` and exchanges the
//    status. A task that waits is started by a job, which says `acquire(task)`; one that finds the status exchanged goes on at once,
//    and says nothing. `swift_continuation_await`, in stdlib/public/Concurrency/Task.cpp.
// 2. `Synchronization.Mutex` under contention. The exchange that takes a free lock is inlined, and instrumented. What waits for the lock,
//    and what hands it on, is `_MutexHandle._lockSlow` and `_unlockSlow`: a futex, in libswiftSynchronization.
//
// The functions below have the names of the runtime's, so that the linker binds everything to them; each calls the runtime's own.
// No edge is added that the runtime does not have: only for the task that was resumed, and for the lock that was handed on.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);
void *swift_task_getCurrent(void);

#define UNSEEN __attribute__((disable_sanitizer_instrumentation))

/// The head of Swift's ContinuationAsyncContext, from swift/ABI/Task.h.
struct continuation {
  void *parent;
  __attribute__((swiftasynccall)) void (*resume)(__attribute__((swift_async_context)) void *context);
  uintptr_t flags;
};
static const uintptr_t switches_executor = 2;

typedef __attribute__((swiftasynccall)) void await_function(struct continuation *);
typedef __attribute__((swiftcall)) void lock_function(uint32_t thread, __attribute__((swift_context)) void *handle);
typedef __attribute__((swiftcall)) _Bool try_function(__attribute__((swift_context)) void *handle);
typedef __attribute__((swiftcall)) void unlock_function(__attribute__((swift_context)) void *handle);

static await_function *await_original;
static lock_function *lock_original;
static try_function *try_original;
static unlock_function *unlock_original;

UNSEEN static void *original(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (function == NULL) abort();
  return function;
}

__attribute__((constructor)) UNSEEN static void find_originals(void) {
  await_original = original("swift_continuation_await");
  // A program without a Mutex does not load its library.
  lock_original = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  try_original = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
  unlock_original = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
}

/// Where the task goes on, from `swift_continuation_await` to `resumed_already` on the same thread.
static _Thread_local __attribute__((swiftasynccall)) void (*next)(__attribute__((swift_async_context)) void *);

UNSEEN __attribute__((swiftasynccall)) static void resumed_already(__attribute__((swift_async_context)) void *context) {
  __tsan_acquire(swift_task_getCurrent());
  return next(context);
}

/// The runtime jumps to `resume` only if the task was resumed already: a job for the task has its own copy, from swift_continuation_init.
UNSEEN __attribute__((swiftasynccall)) void swift_continuation_await(struct continuation *continuation) {
  if ((continuation->flags & switches_executor) == 0) {
    next = continuation->resume;
    continuation->resume = resumed_already;
  }
  return await_original(continuation);
}

UNSEEN __attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle)
  __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
UNSEEN __attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle) {
  lock_original(thread, handle);
  __tsan_acquire(handle);
}

UNSEEN __attribute__((swiftcall)) _Bool try_lock_slow(__attribute__((swift_context)) void *handle)
  __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
UNSEEN __attribute__((swiftcall)) _Bool try_lock_slow(__attribute__((swift_context)) void *handle) {
  _Bool locked = try_original(handle);
  if (locked) __tsan_acquire(handle);
  return locked;
}

UNSEEN __attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *handle)
  __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
UNSEEN __attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *handle) {
  __tsan_release(handle);
  unlock_original(handle);
}

#endif
#endif
