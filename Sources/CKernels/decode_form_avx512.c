// The decode loops for x86-64 with AVX-512 as of Skylake's servers.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define FORM(name) avx512_##name
// Rows, and vectors of 16 columns, whose sums stay in registers.
#define TILE_ROWS 6
#define TILE_VECTORS 4
#include "panels.inc"
#include "pages.inc"
#include "selection.inc"
#pragma clang attribute pop
#endif
