// A page of places, each of one process. What is read there decides how many threads take part in a piece of work, and
// never what the work gives: a place that lies costs time alone.
#define _DEFAULT_SOURCE
#include "ComputeShare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { places = 16 };

struct place {
  // The process; 0: nobody's.
  _Atomic int32_t owner;
  _Atomic int32_t computes;
};

struct retort_share {
  struct place *page;
  struct place *own;
};

static bool is_free(int32_t owner) { return owner == 0 || (kill(owner, 0) != 0 && errno == ESRCH); }

static struct place *take(struct place *page) {
  for (int index = 0; index < places; index++) {
    int32_t owner = atomic_load(&page[index].owner);
    if (!is_free(owner) || !atomic_compare_exchange_strong(&page[index].owner, &owner, (int32_t)getpid())) continue;
    atomic_store(&page[index].computes, 0);
    return &page[index];
  }
  return NULL;
}

struct retort_share *retort_share_join(const char *path) {
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return NULL;
  const size_t bytes = places * sizeof(struct place);
  void *page = ftruncate(file, (off_t)bytes) ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page == MAP_FAILED) return NULL;
  struct retort_share *share = malloc(sizeof *share);
  struct place *own = share ? take(page) : NULL;
  if (!own) {
    free(share);
    munmap(page, bytes);
    return NULL;
  }
  *share = (struct retort_share){page, own};
  return share;
}

void retort_share_leave(struct retort_share *share) {
  atomic_store(&share->own->computes, 0);
  atomic_store(&share->own->owner, 0);
  munmap(share->page, places * sizeof(struct place));
  free(share);
}

void retort_share_tell(struct retort_share *share, bool computes) {
  atomic_store_explicit(&share->own->computes, computes, memory_order_relaxed);
}

int32_t retort_share_others(const struct retort_share *share) {
  int32_t count = 0;
  for (int index = 0; index < places; index++)
    if (&share->page[index] != share->own)
      count += atomic_load_explicit(&share->page[index].computes, memory_order_relaxed) != 0;
  return count;
}
