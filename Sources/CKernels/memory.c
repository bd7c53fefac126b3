// Room for numbers.
#define _DEFAULT_SOURCE
#include "CKernels.h"

#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

// From here on, fewer and larger pages are worth what is lost at their borders.
static const size_t large = (size_t)4 << 20;

void *retort_allocate_zeros(size_t bytes, bool sparse) {
  // Not touched here: the kernel hands out zeros where something is written or read.
  char *room = calloc(1, bytes);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (room && bytes >= large && !sparse) {
    const size_t page = 4096, begin = ((size_t)room + page - 1) / page * page, end = ((size_t)room + bytes) / page * page;
    // Advice: where it is refused, pages are small.
    (void)madvise(room + (begin - (size_t)room), end - begin, MADV_HUGEPAGE);
  }
#endif
  return room;
}
