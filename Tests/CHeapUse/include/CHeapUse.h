#include <stddef.h>

/// Bytes that malloc has handed out and that were not freed, in all arenas; 0 where the allocator does not say.
size_t heap_bytes_in_use(void);
