#include "CHeapUse.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

size_t heap_bytes_in_use(void) {
  struct mallinfo2 use = mallinfo2();
  return use.uordblks + use.hblkhd;
}
#else
size_t heap_bytes_in_use(void) { return 0; }
#endif
